"""The user of one campaign, at the API server: applies, edits and deletes it, and looks at what became of it.

Somebody else who has a say is played here, too.
"""

from typing import Any

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer
from campaign_operator.api.vocabulary import GROUP, KIND, PLURAL, VERSION
from e2e_world import Manifest, config_map, secret
from faults.desks import CLIENT_ID
from faults.traffic import Traffic

_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
_CAMPAIGN = f"{_CAMPAIGNS}/{{name}}"
_STATUS = f"{_CAMPAIGN}/status"
_CONFIG_MAPS = "/api/v1/namespaces/{namespace}/configmaps"
_SECRETS = "/api/v1/namespaces/{namespace}/secrets"


class User:
    """Acts upon the campaign of that name, whose Secret has the same; past the proxy, and never in vain."""

    def __init__(self, api: APIServer, traffic: Traffic, namespace: str, name: str) -> None:
        self._api = api
        self._traffic = traffic
        self._name = name
        self._namespace = {"namespace": namespace}
        self._where = {"namespace": namespace, "name": name}

    async def connect(self, dialer: str, client_secret: str) -> None:
        """Apply the connection Secret."""
        values: dict[str, str | bytes | None] = {
            "client-id": CLIENT_ID,
            "client-secret": client_secret,
            "environment": "test",
            "api-base-url": dialer,
            "token-url": f"{dialer}/api/v2/oauth/token",
        }
        body = secret(self._namespace["namespace"], self._name, values)
        answer = await self._api.request("POST", _SECRETS, self._namespace, body=body)
        if answer.status == 409:
            answer = await self._api.request("PATCH", f"{_SECRETS}/{{name}}", self._where, body=body)
        assert answer.status in (200, 201), answer

    async def put_list(self, *zones: str) -> None:
        """Apply the ConfigMap with the contact list: a contact in each of these time zones."""
        rows = "".join(f"person-{number},{zone}\n" for number, zone in enumerate(zones, start=41))
        body = config_map(self._namespace["namespace"], self._name, contacts__csv="id,timeZone\n" + rows)
        answer = await self._api.request("POST", _CONFIG_MAPS, self._namespace, body=body)
        if answer.status == 409:
            answer = await self._api.request("PATCH", f"{_CONFIG_MAPS}/{{name}}", self._where, body=body)
        assert answer.status in (200, 201), answer

    async def apply(self, spec: Manifest) -> None:
        """Create the campaign."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {"name": self._name},
            "spec": {"campaignID": self._name, "connection": {"secretRef": {"name": self._name}}, **spec},
        }
        answer = await self._api.request("POST", _CAMPAIGNS, self._namespace, body=body)
        assert answer.status == 201, answer.body
        self._traffic.told(answer.body)

    async def edit(self, **spec: Any) -> None:
        """Change fields of the spec."""
        await self._patch(_CAMPAIGN, {"spec": spec})

    async def annotate(self, **annotations: str | None) -> None:
        """Set annotations; None takes one away."""
        await self._patch(_CAMPAIGN, {"metadata": {"annotations": annotations}})

    async def wipe(self) -> None:
        """Erase the runs from the status."""
        await self._patch(_STATUS, {"status": {"runs": None}})

    async def disturb(self, number: int) -> None:
        """Write labels, annotations and a part of the status, as somebody else would."""
        mark = {"seen": str(number)}
        await self._patch(_CAMPAIGN, {"metadata": {"labels": mark, "annotations": mark}})
        await self._patch(_STATUS, {"status": {"progress": f"{number}/many"}})

    async def delete(self) -> None:
        """Delete the campaign, without waiting for its end."""
        answer = await self._api.request("DELETE", _CAMPAIGN, self._where)
        self._tell(answer)

    async def remove(self) -> None:
        """Let nothing of the campaign be left but its Events, whatever holds it."""
        answers = [
            await self._api.request("PATCH", _CAMPAIGN, self._where, body={"metadata": {"finalizers": None}}),
            await self._api.request("DELETE", _CAMPAIGN, self._where),
            await self._api.request("DELETE", f"{_SECRETS}/{{name}}", self._where),
        ]
        assert {answer.status for answer in answers} <= {200, 404}, answers

    async def get(self) -> Manifest | None:
        """The campaign as it is now."""
        answer = await self._api.request("GET", _CAMPAIGN, self._where)
        assert answer.status in (200, 404), answer
        return dict(answer.body) if answer.status == 200 else None

    async def _patch(self, path: str, patch: Manifest) -> None:
        self._tell(await self._api.request("PATCH", path, self._where, body=patch))

    def _tell(self, answer: APIAnswer) -> None:
        assert answer.status == 200, answer
        if "resourceVersion" in (answer.body.get("metadata") or {}):
            self._traffic.told(answer.body)
