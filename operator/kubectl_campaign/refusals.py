"""What the API server's refusals mean for the person who asked, in words.

Pure. Owns which right is named for which request, and where to get it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from campaign_operator.api.vocabulary import GROUP, PLURAL, SINGULAR
from kubectl_campaign.plugin_error import MissingRightError, NotThereError, PluginError

CAMPAIGN_RESOURCE = f"{PLURAL}.{GROUP}"
_ROLES = {"get": "view", "list": "view", "watch": "view", "patch": "edit"}
"""The user-facing ClusterRoles that the chart extends."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request in the words of RBAC. No namespace means all of them, and no name every object."""

    verb: str
    resource: str
    namespace: str | None = None
    name: str = ""

    @property
    def place(self) -> str:
        """Where, in words."""
        return f"in namespace {self.namespace}" if self.namespace is not None else "in all namespaces"


def refused(wish: Wish, status: int, body: object) -> PluginError:
    """What an answer that is no success says. `body` is its JSON, None where it has none."""
    said = body.get("message") if isinstance(body, Mapping) else None
    words = f": {said}" if isinstance(said, str) and said else ""
    match status:
        case HTTPStatus.FORBIDDEN:
            return MissingRightError(f"you need the right to {wish.verb} {wish.resource} {wish.place}{_role(wish)}")
        case HTTPStatus.UNAUTHORIZED:
            return PluginError("the API server does not accept your credentials; log in again, or check --context")
        case HTTPStatus.NOT_FOUND if wish.resource == CAMPAIGN_RESOURCE and not _names_an_object(body):
            return PluginError(
                f"the cluster does not serve {CAMPAIGN_RESOURCE}; install the operator, or check --context"
            )
        case HTTPStatus.NOT_FOUND:
            return NotThereError(f'{_kind(wish)} "{wish.name}" not found {wish.place}')
    return PluginError(f"the API server answered {status} to {wish.verb} {wish.resource} {wish.place}{words}")


def _role(wish: Wish) -> str:
    role = _ROLES.get(wish.verb)
    if wish.resource != CAMPAIGN_RESOURCE or role is None:
        return ""
    elsewhere = ", or name a namespace with -n" if wish.namespace is None else ""
    return f"; the ClusterRole {role} has it{elsewhere}"


def _kind(wish: Wish) -> str:
    return SINGULAR if wish.resource == CAMPAIGN_RESOURCE else wish.resource


def _names_an_object(body: object) -> bool:
    """A path that is not served is answered without the name of an object."""
    details = body.get("details") if isinstance(body, Mapping) else None
    return isinstance(details, Mapping) and bool(details.get("name"))
