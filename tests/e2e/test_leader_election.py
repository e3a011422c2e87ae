"""Several replicas, of which one works: by the real Lease, with real processes and the rights that the chart gives."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from campaign_operator.adapters.kubernetes.leader_election import LEASE_SECONDS
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import answer_of
from replicas import ELECTION, LEASE, Replicas, opened_replicas
from serving import until

TAKEN_OVER_SECONDS = 15.0
"""The promise for a replica that ends without giving the Lease back."""


@pytest_asyncio.fixture
async def replicas(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Replicas]:
    """None yet."""
    async with opened_replicas(*playhouse, tmp_path) as replicas:
        yield replicas


def seconds_between(earlier: str, later: str) -> float:
    """Between two times of a Lease."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


async def test_one_replica_works_and_the_other_is_ready_and_watches_nothing(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.plan("c")
    assert "acting" in leader.events()
    assert not await standby.leads()
    assert standby.events()[-1] == "waiting for the Lease"
    assert await standby.answers(f"{standby.health}/healthz") == (200, "ok\n")
    for replica in (leader, standby):
        assert "campaign_operator_leader_election 1.0" in (await replica.answers(f"{replica.metrics}/metrics"))[1]


async def test_a_leader_that_stops_hands_over_at_once(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    before = await replicas.lease()
    leader.send(signal.SIGTERM)
    assert await leader.process.wait() == 0
    await until(standby.leads)
    after = await replicas.lease()
    assert after["holderIdentity"] != before["holderIdentity"]
    assert after["leaseTransitions"] == before["leaseTransitions"] + 1
    assert seconds_between(before["renewTime"], after["acquireTime"]) < LEASE_SECONDS
    await replicas.plan("c")


async def test_a_leader_that_is_killed_is_replaced_when_its_lease_has_ended_and_not_before(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    leader.send(signal.SIGKILL)
    await leader.process.wait()
    before = await replicas.lease()
    await until(standby.leads)
    after = await replicas.lease()
    assert LEASE_SECONDS <= seconds_between(before["renewTime"], after["acquireTime"]) < TAKEN_OVER_SECONDS
    await replicas.plan("c")


async def test_a_replica_that_takes_over_tells_no_event_again(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.plan("c")
    await until(lambda: replicas.is_told("c", ["Planned", "Submitted"]))
    before = await replicas.events("c")
    leader.send(signal.SIGKILL)
    await leader.process.wait()
    await until(standby.leads)
    await replicas.ask_again("c")
    standby.send(signal.SIGTERM)  # it posts what waits
    assert await standby.process.wait() == 0
    assert await replicas.events("c") == before


async def test_a_leader_that_loses_its_lease_ends_and_says_why(replicas: Replicas) -> None:
    leader = await replicas.start()
    await until(leader.leads)
    taken = json.dumps({"spec": {"holderIdentity": "somebody-else", "leaseDurationSeconds": 3600}})
    await replicas.control_plane.kubectl("patch", "lease", LEASE, "-n", LEASE, "--type=merge", f"--patch={taken}")
    async with asyncio.timeout(60):
        assert await leader.process.wait() == 1
    assert "another replica holds the Lease" in leader.process.last_lines(1)
    assert (await replicas.lease())["holderIdentity"] == "somebody-else"
    await replicas.control_plane.kubectl("delete", "lease", LEASE, "-n", LEASE)


async def test_a_standby_that_stops_leaves_the_lease_alone(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    before = await replicas.lease()
    standby.send(signal.SIGTERM)
    assert await standby.process.wait() == 0
    after = await replicas.lease()
    # a leader whose Lease was given back takes it again, as another term
    for name in ("holderIdentity", "acquireTime", "leaseTransitions"):
        assert after[name] == before[name]
    assert await leader.leads()


async def test_a_leader_that_cannot_reach_the_lease_ends_and_a_standby_waits_on(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.control_plane.stop_api_server()
    assert await leader.process.wait() == 1
    assert "the Lease could not be renewed in time, so another replica may lead by now" in leader.process.last_lines(1)
    await replicas.control_plane.start_api_server()
    await until(standby.leads)


async def test_check_names_the_permissions_on_the_lease(replicas: Replicas) -> None:
    watched = ("--namespace", replicas.namespace)
    assert await answer_of(replicas.kubeconfig, "check", *watched, *ELECTION) == (
        0,
        "permissions: all 14\nCustomResourceDefinition: up to date\n",
    )
    status, said = await answer_of(replicas.kubeconfig, "check", *watched, *ELECTION[:-1], "another")
    assert status == 1
    words = " ".join(said.split())
    assert f'get leases.coordination.k8s.io "another" in the namespace "{LEASE}", to see who leads' in words
    assert f'update leases.coordination.k8s.io "another" in the namespace "{LEASE}", to lead' in words


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_of_several_replicas_one_stays_on_an_eviction_and_they_are_spread(
    render_chart: Callable[..., str], replicas: int
) -> None:
    rendered = render_chart("any", {"replicas": replicas})
    specs = {document["kind"]: document.get("spec") for document in yaml.safe_load_all(rendered) if document}
    deployment = specs["Deployment"]
    assert deployment["replicas"] == replicas
    assert ("PodDisruptionBudget" in specs) == (replicas > 1)
    assert ("topologySpreadConstraints" in deployment["template"]["spec"]) == (replicas > 1)
    if replicas > 1:
        budget = specs["PodDisruptionBudget"]
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        labels = deployment["template"]["metadata"]["labels"].items()
        assert budget["minAvailable"] == 1
        for selected in (budget["selector"], spread["labelSelector"], deployment["selector"]):
            assert selected["matchLabels"].items() <= labels
