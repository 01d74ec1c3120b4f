"""Repairs of LocalStack's deviations from AWS that were seen in use. Each says what went wrong.

test/localstack/plugin.test.ts has one test a repair, which fails without it.
"""

import os

from localstack.runtime import hooks
from localstack.utils.patch import patch

from .cloudformation_updates import repair_cloudformation_updates


@hooks.on_infra_start()
def apply_repairs() -> None:
    # For showing that a test sees the deviation: TITLEHOLDER_SKIP_REPAIRS=token_answered_early,…
    skipped = os.environ.get("TITLEHOLDER_SKIP_REPAIRS", "").split(",")
    for repair in (
        token_answered_early,
        asked_while_executions_start,
        stop_of_waiting_execution,
        rule_with_input_to_machine,
        reserved_concurrency,
        repair_cloudformation_updates,
    ):
        if repair.__name__ not in skipped:
            repair()


def token_answered_early() -> None:
    """A task token that is answered before its own Lambda has returned: the answer is stored, but
    the heartbeat endpoint, made only afterwards, is never notified and the task times out."""
    from localstack.services.stepfunctions.asl.eval.callback.callback import CallbackEndpoint

    @patch(CallbackEndpoint.setup_heartbeat_endpoint)
    def setup_heartbeat_endpoint(original, self, *args, **kwargs):
        endpoint = original(self, *args, **kwargs)
        if self.get_outcome() is not None:
            endpoint.notify()
        return endpoint


def asked_while_executions_start() -> None:
    """An execution is listed before its thread has given it a worker and an environment. Until then
    a task token's answer for any other execution, its history and its stop end as a 500; so do
    those that walk the list while it grows."""
    from localstack.aws.api.stepfunctions import ExecutionStatus
    from localstack.services.stepfunctions.backend.execution import Execution, SyncExecution
    from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
    from localstack.services.stepfunctions.backend.store import SFNStore

    class Executions(dict):
        def values(self):
            return list(super().values())

    vars(SFNStore)["executions"].default = Executions

    @patch(Execution.__init__)
    def init(original, self, *args, **kwargs):
        original(self, *args, **kwargs)
        if type(self) in (Execution, SyncExecution):
            worker = self._get_start_execution_worker()
            worker.env = worker._get_evaluation_environment()
            self.exec_worker = worker

    @patch(ExecutionWorker._get_evaluation_environment)
    def get_evaluation_environment(original, self):
        return original(self) if self.env is None else self.env

    @patch(Execution.start)
    def start(original, self):
        if self.exec_worker is None:
            original(self)
            return
        self.exec_status = ExecutionStatus.RUNNING
        self.publish_execution_status_change_event()
        self.exec_worker.start()


def stop_of_waiting_execution() -> None:
    """StopExecution of an execution that waits on a task token: nothing wakes the waiting task, and
    when it wakes (its time-out) the execution, already stopped, ends FAILED instead of ABORTED."""
    from localstack.services.stepfunctions.asl.eval.environment import Environment
    from localstack.services.stepfunctions.asl.eval.program_state import ProgramStopped

    @patch(Environment.set_stop)
    def set_stop(original, self, *args, **kwargs):
        original(self, *args, **kwargs)
        if self.is_frame():
            return  # frames share the pool of the execution they belong to
        for endpoint in list(self.callback_pool_manager._pool.values()):
            endpoint.interrupt_all()

    @patch(Environment.set_error)
    def set_error(original, self, *args, **kwargs):
        with self._state_mutex:
            if not isinstance(self._program_state, ProgramStopped):
                original(self, *args, **kwargs)


def rule_with_input_to_machine() -> None:
    """A rule with an input transformer, a constant input or an input path starts its machine with
    the name `event["id"]`, which such an input need not have: the event is lost. AWS takes a random
    name then."""
    from localstack.services.events.target import StatesTargetSender
    from localstack.services.events.utils import to_json_str

    # It replaces the method: the original reads event["id"] unconditionally.
    @patch(StatesTargetSender.send_event)
    def send_event(_original, self, event, trace_header):
        self.service = "stepfunctions"
        event_id = event.get("id") if isinstance(event, dict) else None
        name = {"name": event_id} if isinstance(event_id, str) else {}
        self.client.start_execution(
            stateMachineArn=self.target["Arn"],
            input=event if isinstance(event, str) else to_json_str(event),
            **name,
        )


def reserved_concurrency() -> None:
    """CloudFormation's ReservedConcurrentExecutions of a function is ignored."""
    from localstack.services.cloudformation.resource_provider import OperationStatus
    from localstack.services.lambda_.resource_providers.aws_lambda_function import (
        LambdaFunctionProvider,
    )

    def put(request, progress):
        if progress.status != OperationStatus.SUCCESS:
            return progress  # create is called again until the function is active
        client = request.aws_client_factory.lambda_
        name = progress.resource_model["FunctionName"]
        reserved = request.desired_state.get("ReservedConcurrentExecutions")
        if reserved is not None:
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(reserved)
            )
        elif (request.previous_state or {}).get("ReservedConcurrentExecutions") is not None:
            client.delete_function_concurrency(FunctionName=name)
        return progress

    @patch(LambdaFunctionProvider.create)
    def create(original, self, request):
        return put(request, original(self, request))

    @patch(LambdaFunctionProvider.update)
    def update(original, self, request):
        return put(request, original(self, request))
