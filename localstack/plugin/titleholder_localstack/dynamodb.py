"""DynamoDB and DynamoDB Streams, answered by moto inside the server.

LocalStack's own provider downloads DynamoDBLocal and runs it on Java. moto comes with LocalStack.
"""

import threading

from localstack.aws.api.dynamodb import DynamodbApi
from localstack.aws.api.dynamodbstreams import DynamodbstreamsApi
from localstack.aws.skeleton import DispatchTable, create_dispatch_table
from localstack.services.moto import dispatch_to_moto
from localstack.services.plugins import Service, aws_provider

# moto checks a condition and changes a plain dict in two steps. One lock for both services makes
# conditional writes and transactions atomic; a stream is read between operations, never within.
_one_operation_at_a_time = threading.Lock()


def _answer_by_moto(context, _request):
    """Returns moto's raw HTTP response: a parsed one would lose the members of modelled errors
    (CancellationReasons, the Item of a failed condition)."""
    with _one_operation_at_a_time:
        return dispatch_to_moto(context)


def _every_operation_by_moto(provider) -> DispatchTable:
    return {operation: _answer_by_moto for operation in create_dispatch_table(provider)}


@aws_provider(api="dynamodb", name="moto")
def dynamodb() -> Service:
    return Service.for_provider(DynamodbApi(), dispatch_table_factory=_every_operation_by_moto)


@aws_provider(api="dynamodbstreams", name="moto")
def dynamodbstreams() -> Service:
    return Service.for_provider(
        DynamodbstreamsApi(), dispatch_table_factory=_every_operation_by_moto
    )
