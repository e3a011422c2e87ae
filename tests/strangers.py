"""Strangers: people who may create campaigns and Secrets in a namespace of their own.

They have no credentials that the dialer accepts for the campaign that they name, and their token endpoint may be any
server.
"""

from datetime import UTC, datetime, timedelta

from campaign_sandbox.simulator.simulator_settings import Client
from e2e_world import campaign, connection_secret
from serving import RunningSimulator, until
from stage import Stage, fault

ANSWERS, REFUSES, NEVER_ANSWERS = "answers", "refuses", "never answers"
A_HUNDRED = 100


def stranger_client(number: int) -> Client:
    return Client(f"stranger-{number}", "strange-secret")


async def stranger_endpoint(stage: Stage, kind: str) -> RunningSimulator:
    """A dialer of the stranger's own, whose token endpoint gives a token to him, to nobody, or does not answer."""
    clients = [stranger_client(number) for number in range(A_HUNDRED if kind == ANSWERS else 1)]
    endpoint = await stage.open_dialer(*clients)
    if kind == REFUSES:
        await endpoint.put_faults(fault("token", "answer", status=401))
    elif kind == NEVER_ANSWERS:
        await endpoint.put_faults(fault("token", "withhold"))
    return endpoint


async def squat(stage: Stage, campaign_id: str, *endpoints: RunningSimulator, count: int = 1) -> tuple[str, list[str]]:
    """Have a stranger name the campaign in so many manifests for each endpoint, every other one suspended.

    They are older than whatever is created afterwards. His namespace, and the names of what is not suspended.
    """
    namespace, manifests, active = await stage.open_neighbour(), [], []
    for number in range(count * len(endpoints)):
        name, client = f"s-{number}", stranger_client(number // len(endpoints))
        credentials = {"client_id": client.id, "client_secret": client.secret}
        his = {"token_url": endpoints[number % len(endpoints)].token_url, **credentials}
        manifests.append(connection_secret(namespace, stage.simulator, name, **his))
        is_suspended = number % 2 == 1
        spec = {"campaignID": campaign_id, "connection": {"secretRef": {"name": name}}, "suspend": is_suspended}
        manifests.append(campaign(namespace, name, **spec))
        active += [] if is_suspended else [name]
    await stage.apply(*manifests)
    await let_it_grow_older(stage, namespace)
    return namespace, active


async def let_it_grow_older(stage: Stage, namespace: str) -> None:
    """Until what is created next is younger: the API server counts in whole seconds."""
    times = await stage.control_plane.kubectl(
        "get", "ocamp", "-n", namespace, "-o", "jsonpath={.items[*].metadata.creationTimestamp}"
    )
    latest = max(datetime.fromisoformat(each) for each in times.stdout.split())

    async def is_older() -> bool:
        return datetime.now(UTC) >= latest + timedelta(seconds=1)

    await until(is_older)
