"""The paths of campaigns at the API server; what is in braces is a name of the request."""

from collections.abc import Sequence

from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION

ALL_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
CAMPAIGN = f"{CAMPAIGNS}/{{name}}"
CAMPAIGN_STATUS = f"{CAMPAIGN}/status"


def lists_of(namespaces: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """The paths that list the campaigns of these namespaces, each with its names; no namespaces are all of them."""
    return [(CAMPAIGNS, {"namespace": namespace}) for namespace in namespaces] or [(ALL_CAMPAIGNS, {})]
