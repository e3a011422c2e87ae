"""What the plugin says where the API server says no."""

import pytest

from kubectl_campaign.plugin_error import MissingRightError, NotThereError, PluginError
from kubectl_campaign.refusals import CAMPAIGN_RESOURCE, Wish, refused

VIEW = "the ClusterRole view has it"
GET = Wish("get", CAMPAIGN_RESOURCE, "sales", "spring")
CASES = {
    "a right is missing": (
        GET,
        403,
        {"message": 'User "x" cannot get'},
        MissingRightError,
        f"you need the right to get {CAMPAIGN_RESOURCE} in namespace sales; {VIEW}",
    ),
    "it is missing in all namespaces": (
        Wish("list", CAMPAIGN_RESOURCE),
        403,
        None,
        MissingRightError,
        f"you need the right to list {CAMPAIGN_RESOURCE} in all namespaces; {VIEW}, or name a namespace with -n",
    ),
    "no role of ours has it": (
        Wish("get", "secrets", "sales", "list"),
        403,
        None,
        MissingRightError,
        "you need the right to get secrets in namespace sales",
    ),
    "there is no such campaign": (
        GET,
        404,
        {"details": {"name": "spring", "kind": "outboundcampaigns"}},
        NotThereError,
        'outboundcampaign "spring" not found in namespace sales',
    ),
    "there is no CustomResourceDefinition": (
        GET,
        404,
        None,
        PluginError,
        f"the cluster does not serve {CAMPAIGN_RESOURCE}; install the operator, or check --context",
    ),
    "the credentials are not accepted": (
        GET,
        401,
        {"message": "Unauthorized"},
        PluginError,
        "the API server does not accept your credentials; log in again, or check --context",
    ),
    "a policy denies a change": (
        Wish("patch", CAMPAIGN_RESOURCE, "sales", "spring"),
        422,
        {"message": "denied: ask the platform team"},
        PluginError,
        f"the API server answered 422 to patch {CAMPAIGN_RESOURCE} in namespace sales: denied: ask the platform team",
    ),
}


@pytest.mark.parametrize(("wish", "status", "body", "kind", "said"), CASES.values(), ids=CASES)
def test_a_refusal_says_what_is_missing(
    wish: Wish, status: int, body: object, kind: type[PluginError], said: str
) -> None:
    error = refused(wish, status, body)
    assert type(error) is kind
    assert str(error) == said
