"""What an account must be allowed to do for the operator to work, and whether it is.

Owns the list, which the chart's Roles grant and nothing beside it. Whether an account is allowed something is the API
server's answer to a SelfSubjectAccessReview, which every account may ask for.
https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.leader_election import LeaseName
from campaign_operator.api.vocabulary import GROUP, PLURAL

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
ALL_NAMESPACES = ""
"""What the API server takes for all of them."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One verb on one resource, with what is lost without it."""

    verb: str
    """A verb of the Kubernetes API, such as `get`."""

    resource: str
    """Plural, group and subresource, such as `deployments.apps/status`."""

    purpose: str
    """What the operator does with it, after "to"."""

    name: str = ""
    """The only object that it is about; empty for all."""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f' "{self.name}"' if self.name else "")


WATCH_CAMPAIGNS = Permission("watch", f"{PLURAL}.{GROUP}", "see their changes")

CLUSTER_WIDE = (
    Permission("get", f"{PLURAL}.{GROUP}", "read a campaign"),
    Permission("list", f"{PLURAL}.{GROUP}", "find campaigns"),
    WATCH_CAMPAIGNS,
    Permission("patch", f"{PLURAL}.{GROUP}", "write finalizers and annotations"),
    Permission("update", f"{PLURAL}.{GROUP}/status", "write the status"),
    Permission("patch", f"{PLURAL}.{GROUP}/status", "write the conditions of a campaign whose status is unreadable"),
    Permission("get", "namespaces", "see whether a namespace is being deleted"),
)
"""Needed in the whole cluster, whatever is watched: a namespace that is deleted takes its Roles with it."""

LEADER_ELECTION = (
    Permission("create", "leases.coordination.k8s.io", "begin the election of a leader"),
    Permission("get", "leases.coordination.k8s.io", "see who leads"),
    Permission("update", "leases.coordination.k8s.io", "lead"),
)
"""Needed for one Lease; to create it, no name can be asked for."""

IN_EACH_NAMESPACE = (
    Permission("get", "secrets", "read the connection and the webhook key of a campaign"),
    Permission("get", "configmaps", "read contact lists and calendars"),
    Permission("create", "events.events.k8s.io", "tell what happens to a campaign"),
    Permission("patch", "events.events.k8s.io", "count what happens again"),
)
"""Needed in each namespace that is watched."""


@dataclass(frozen=True, slots=True)
class MissingPermission:
    """A permission that the account does not have there; `namespace` is empty for all namespaces."""

    permission: Permission
    namespace: str

    def __str__(self) -> str:
        where = f'in the namespace "{self.namespace}"' if self.namespace else "in all namespaces"
        return f"{self.permission} {where}, to {self.permission.purpose}"


def needed_permissions(
    namespaces: Sequence[str], secret_names: Sequence[str] = (), lease: LeaseName | None = None
) -> Iterator[tuple[Permission, str]]:
    """Each permission with the namespace where it is needed; no namespaces are all of them. `secret_names`: the only
    Secrets that are to be read. `lease`: where a leader is elected.
    """
    for permission in CLUSTER_WIDE:
        yield permission, ALL_NAMESPACES
    for namespace in namespaces or (ALL_NAMESPACES,):
        for permission in IN_EACH_NAMESPACE:
            if permission.resource == "secrets" and secret_names:
                yield from ((replace(permission, name=name), namespace) for name in secret_names)
            else:
                yield permission, namespace
    if lease is not None:
        for permission in LEADER_ELECTION:
            yield permission if permission.verb == "create" else replace(permission, name=lease.name), lease.namespace


async def missing_permissions(
    api: APIServer, namespaces: Sequence[str], secret_names: Sequence[str] = (), lease: LeaseName | None = None
) -> list[MissingPermission]:
    """What the account of `api` needs and may not do. Raises NoAnswerError where the API server does not say."""
    return [
        MissingPermission(permission, namespace)
        for permission, namespace in needed_permissions(namespaces, secret_names, lease)
        if not await is_allowed(api, permission, namespace)
    ]


async def is_allowed(api: APIServer, permission: Permission, namespace: str) -> bool:
    """Whether the account of `api` has the permission there. Raises NoAnswerError where the API server does not say."""
    name, _, subresource = permission.resource.partition("/")
    plural, _, group = name.partition(".")
    attributes = {
        "verb": permission.verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": permission.name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.request("POST", _REVIEWS, body=review)
    if answer.status != 201:
        raise NoAnswerError(f"{answer.status} {answer.reason}")
    return bool(answer.body["status"]["allowed"])
