"""CloudFormation updates that report UPDATE_COMPLETE and change nothing, because LocalStack's
provider has no update: Events::Rule, CloudWatch::Alarm, ApiGateway::Stage. And
ApiGateway::Deployment's delete, which takes a live stage with it."""

from localstack.utils.patch import patch


def repair_cloudformation_updates() -> None:
    _events_rule()
    _cloudwatch_alarm()
    _apigateway_stage()
    _apigateway_deployment()


def _succeeded(request, model):
    from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent

    return ProgressEvent(
        status=OperationStatus.SUCCESS,
        resource_model=model,
        custom_context=request.custom_context,
    )


def _events_rule() -> None:
    from localstack.services.events.resource_providers.aws_events_rule import (
        EventsRuleProvider,
        extract_rule_name,
    )

    @patch(EventsRuleProvider.update)
    def update(_original, self, request):
        """PutRule and PutTargets overwrite; targets that are no longer wanted go first."""
        before = request.previous_state
        name = extract_rule_name(before["Id"])
        events = request.aws_client_factory.events
        bus = {"EventBusName": before["EventBusName"]} if before.get("EventBusName") else {}
        wanted = {target["Id"] for target in request.desired_state.get("Targets") or []}
        present = {t["Id"] for t in events.list_targets_by_rule(Rule=name, **bus)["Targets"]}
        if gone := sorted(present - wanted):
            events.remove_targets(Rule=name, Ids=gone, Force=True, **bus)
        request.desired_state["Name"] = name
        return self.create(request)

    @patch(EventsRuleProvider.delete)
    def delete(_original, self, request):
        """The original looks on the default bus only, so a rule of another bus stays."""
        model = request.previous_state or request.desired_state
        events = request.aws_client_factory.events
        rule = {"Rule": extract_rule_name(model["Id"])}
        bus = {"EventBusName": model["EventBusName"]} if model.get("EventBusName") else {}
        try:
            targets = events.list_targets_by_rule(**rule, **bus)["Targets"]
            if targets:
                events.remove_targets(**rule, **bus, Ids=[t["Id"] for t in targets], Force=True)
            events.delete_rule(Name=rule["Rule"], **bus)
        except events.exceptions.ResourceNotFoundException:
            pass
        return _succeeded(request, model)


def _cloudwatch_alarm() -> None:
    from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import (
        CloudWatchAlarmProvider,
    )

    @patch(CloudWatchAlarmProvider.update)
    def update(_original, self, request):
        """PutMetricAlarm overwrites."""
        request.desired_state["AlarmName"] = request.previous_state["AlarmName"]
        return self.create(request)


def _apigateway_stage() -> None:
    from localstack.services.apigateway.resource_providers.aws_apigateway_stage import (
        ApiGatewayStageProvider,
    )

    @patch(ApiGatewayStageProvider.update)
    def update(_original, self, request):
        """What CDK changes in a stage: its deployment, description, tracing and variables."""
        before, after = request.previous_state, request.desired_state
        operations = []
        for name, path in (
            ("DeploymentId", "/deploymentId"),
            ("Description", "/description"),
            ("TracingEnabled", "/tracingEnabled"),
        ):
            if name in after and after[name] != before.get(name):
                value = after[name]
                text = str(value).lower() if isinstance(value, bool) else str(value)
                operations.append({"op": "replace", "path": path, "value": text})
        variables, old_variables = after.get("Variables") or {}, before.get("Variables") or {}
        for name in old_variables.keys() - variables.keys():
            operations.append({"op": "remove", "path": f"/variables/{name}"})
        for name, value in variables.items():
            if old_variables.get(name) != value:
                operations.append(
                    {"op": "replace", "path": f"/variables/{name}", "value": str(value)}
                )
        if operations:
            request.aws_client_factory.apigateway.update_stage(
                restApiId=before["RestApiId"],
                stageName=before["StageName"],
                patchOperations=operations,
            )
        return _succeeded(request, {**before, **after})


def _apigateway_deployment() -> None:
    from localstack.services.apigateway.resource_providers.aws_apigateway_deployment import (
        ApiGatewayDeploymentProvider,
    )

    @patch(ApiGatewayDeploymentProvider.delete)
    def delete(_original, self, request):
        """The original asks for the stages of this deployment, gets those of every deployment of
        the API, and deletes them: after an update the stage that serves the new one is gone."""
        model = request.previous_state or request.desired_state
        api = request.aws_client_factory.apigateway
        deployment = {"restApiId": model["RestApiId"], "deploymentId": model["DeploymentId"]}
        try:
            for stage in api.get_stages(restApiId=model["RestApiId"])["item"]:
                if stage.get("deploymentId") == model["DeploymentId"]:
                    api.delete_stage(restApiId=model["RestApiId"], stageName=stage["stageName"])
            api.delete_deployment(**deployment)
        except api.exceptions.NotFoundException:
            pass
        return _succeeded(request, model)
