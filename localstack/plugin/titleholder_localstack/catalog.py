"""Which CloudFormation resource types exist: those whose provider is installed."""

from localstack.utils.catalog.catalog import AwsCatalogRuntimePlugin
from localstack.utils.catalog.common import (
    CloudFormationResourcesSupportAtRuntime,
    CloudFormationResourcesSupportInLatest,
)


class InstalledProvidersCatalog(AwsCatalogRuntimePlugin):
    """Answers from the installed providers.

    The original downloads a list from the internet; offline, with unsupported types refused
    (CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES=0), it refuses every type. It is looked up by this name
    before the original is, hence the name.
    """

    name = "aws-catalog-remote-state-with-license"

    def __init__(self) -> None:
        self._installed = self._get_cfn_resources_available_at_runtime()

    def get_cloudformation_resource_status(
        self, resource_name, service_name, is_pro_resource=False
    ):
        if resource_name in self._installed:
            return CloudFormationResourcesSupportAtRuntime.AVAILABLE
        return CloudFormationResourcesSupportInLatest.NOT_SUPPORTED
