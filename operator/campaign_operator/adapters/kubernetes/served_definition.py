"""What the API server says of the CustomResourceDefinition, by its OpenAPI document, which every account may read.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.api.definition import missing_fields, published_schema
from campaign_operator.api.vocabulary import GROUP, VERSION

_DOCUMENT = f"/openapi/v3/apis/{GROUP}/{VERSION}"


async def read_missing_fields(api: APIServer) -> tuple[str, ...] | None:
    """The fields that this version uses and the cluster's definition lacks; None where the API server does not tell."""
    try:
        answer = await api.request("GET", _DOCUMENT)
    except NoAnswerError:
        return None
    schema = published_schema(answer.body) if answer.status == 200 else None
    return None if schema is None else missing_fields(schema)
