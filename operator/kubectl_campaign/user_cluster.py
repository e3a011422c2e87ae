"""The API server, as the person who calls the plugin may use it.

Owns each request that the plugin makes, and that a refusal names the right that is missing. The Kubernetes project's
own client brings the credentials; its generated classes are not used. One request at a time: a command has a person
who waits for it.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from kubectl_campaign.kubeconfig import Target, read_kubeconfig
from kubectl_campaign.plugin_error import NotThereError, PluginError, UnreachableError
from kubectl_campaign.refusals import CAMPAIGN_RESOURCE, Wish, refused

if TYPE_CHECKING:
    from kubernetes.client.rest import RESTResponse

_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
_ALL_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
_CAMPAIGN = f"{_CAMPAIGNS}/{{name}}"
_EVENTS = "/api/v1/namespaces/{namespace}/events"
_JSON = "application/json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PAGE = "500"
_SECONDS = 30.0
_TOKEN = "BearerToken"  # noqa: S105 - how the client names the kind of credentials

_Wire = dict[str, Any]


class UserCluster:
    """One API server, with the account of the person. Every method raises PluginError where it is refused."""

    def __init__(self, target: Target) -> None:
        from kubernetes.client import ApiClient
        from urllib3 import disable_warnings
        from urllib3.exceptions import InsecureRequestWarning

        configuration, self.namespace = read_kubeconfig(target)
        if not configuration.verify_ssl:
            # the kubeconfig says so (insecure-skip-tls-verify), and kubectl does not warn at each request either
            disable_warnings(InsecureRequestWarning)
        self._client = ApiClient(configuration)

    def campaign(self, name: str) -> _Wire:
        """The campaign of that name; one that does not exist is refused with the names that are near."""
        return self._of_one("get", "GET", name)

    def campaigns(self, *, everywhere: bool) -> Iterator[_Wire]:
        """The campaigns of the namespace, or of all."""
        wish = Wish("list", CAMPAIGN_RESOURCE, None if everywhere else self.namespace)
        return self._listed(wish, _ALL_CAMPAIGNS if everywhere else _CAMPAIGNS)

    def names(self) -> list[str]:
        """The names of the campaigns of the namespace, without reading more of them."""
        wish = Wish("list", CAMPAIGN_RESOURCE, self.namespace)
        return [wire["metadata"]["name"] for wire in self._listed(wish, _CAMPAIGNS, _METADATA_LIST)]

    def patch(self, name: str, change: Mapping[str, object]) -> _Wire:
        """Change the campaign by a JSON merge patch (RFC 7396), and return it; one that does not exist as above."""
        return self._of_one("patch", "PATCH", name, change)

    def watch(self, name: str, since: str, seconds: float) -> Iterator[tuple[str, _Wire]]:
        """What becomes of the campaign after this resourceVersion, for so long: the kind of change, and the campaign.

        Ends early where the API server ends it; then read the campaign and begin anew.
        """
        wish = Wish("watch", CAMPAIGN_RESOURCE, self.namespace)
        query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": since}
        return self._watched(wish, _CAMPAIGNS, query, seconds)

    def last_event_version(self, uid: str) -> str:
        """The resourceVersion from which to watch for further Events of an object."""
        answer = self._sent(self._events("list"), "GET", _EVENTS, {**_about(uid), "limit": "1"})
        return str(answer["metadata"]["resourceVersion"])

    def watch_events(self, uid: str, since: str, seconds: float) -> Iterator[tuple[str, _Wire]]:
        """The Events of an object after this resourceVersion, for so long."""
        query = {**_about(uid), "resourceVersion": since}
        return self._watched(self._events("watch"), _EVENTS, query, seconds)

    def get(self, wish: Wish, path: str, accept: str = _JSON) -> tuple[int, str, Any]:
        """Status, reason and JSON of an answer to a GET, whatever it is; only a missing right is refused here."""
        response = self._exchange(wish, "GET", path, {}, None, accept)
        body = _json(_content(response))
        if response.status == 403:
            raise refused(wish, response.status, body)
        return response.status, response.reason or "", body

    def _of_one(self, verb: str, method: str, name: str, body: Mapping[str, object] | None = None) -> _Wire:
        try:
            return self._sent(Wish(verb, CAMPAIGN_RESOURCE, self.namespace, name), method, _CAMPAIGN, body=body)
        except NotThereError as error:
            raise NotThereError(f"{error}{self._near(name)}") from None

    def _events(self, verb: str) -> Wish:
        return Wish(verb, "events", self.namespace)

    def _near(self, name: str) -> str:
        try:
            names = self.names()
        except PluginError:
            return ""
        near = get_close_matches(name, names, n=3)
        if near:
            return f"; did you mean {' or '.join(near)}?"
        return "" if names else "; the namespace has no campaigns, and `kubectl campaign list -A` lists all"

    def _listed(self, wish: Wish, path: str, accept: str = _JSON) -> Iterator[_Wire]:
        query = {"limit": _PAGE}
        while True:
            answer = self._sent(wish, "GET", path, query, accept=accept)
            # null where nothing is listed by its metadata
            yield from answer["items"] or ()
            following = answer["metadata"].get("continue")
            if not following:
                return
            query = {"limit": _PAGE, "continue": following}

    def _sent(
        self,
        wish: Wish,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        accept: str = _JSON,
    ) -> _Wire:
        response = self._exchange(wish, method, path, query or {}, body, accept)
        content = _json(_content(response))
        if response.status != 200 or not isinstance(content, dict):
            raise refused(wish, response.status, content)
        return content

    def _watched(self, wish: Wish, path: str, query: Mapping[str, str], seconds: float) -> Iterator[tuple[str, _Wire]]:
        query = {**query, "watch": "1", "timeoutSeconds": str(max(1, round(seconds)))}
        response = self._exchange(wish, "GET", path, query, None, _JSON, seconds + _SECONDS)
        if response.status != 200:
            raise refused(wish, response.status, _json(_content(response)))
        for line in _lines(response):
            change = _json(line)
            if not isinstance(change, dict) or change.get("type") == "ERROR":
                return  # the resourceVersion is too old
            yield change["type"], change["object"]

    def _exchange(
        self,
        wish: Wish,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, object] | None,
        accept: str,
        seconds: float = _SECONDS,
    ) -> "RESTResponse":
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        content_type = "application/merge-patch+json" if method == "PATCH" else _JSON
        try:
            prepared = self._client.param_serialize(
                method,
                path,
                path_params={"namespace": wish.namespace or "", "name": wish.name},
                query_params=list(query.items()),
                header_params={"Accept": accept, "Content-Type": content_type},
                body=body,
                auth_settings=[_TOKEN],
            )
            return self._client.call_api(*prepared, _request_timeout=seconds)
        except (ApiException, HTTPError, OSError) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> UnreachableError:
        cause = error.__cause__ or error.__context__
        said = str(getattr(error, "reason", None) or cause or error)
        # urllib3 begins with the address of its own object
        why = said.rpartition("object at 0x")[2].partition(">: ")[2] or said
        host = self._client.configuration.host
        return UnreachableError(f"the API server at {host} cannot be reached: {why}; check the network and --context")


def _about(uid: str) -> dict[str, str]:
    return {"fieldSelector": f"involvedObject.uid={uid}"}


def _content(response: "RESTResponse") -> bytes:
    content: bytes = response.read()  # type: ignore[no-untyped-call] # it has no types
    return content


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _lines(response: "RESTResponse") -> Iterator[bytes]:
    """The lines of an answer that goes on; the end of one that is cut off is its end."""
    from urllib3.exceptions import HTTPError

    rest = b""
    try:
        for piece in response.response.stream(None):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
    except (HTTPError, OSError):
        return
    finally:
        response.response.close()
