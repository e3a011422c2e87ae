"""`campaign-operator detach`: what is left of campaigns when the operator is uninstalled hangs nowhere."""

from campaign_operator.adapters.kubernetes.detachment import detached_campaigns
from e2e_world import World, answer_of, campaign
from serving import until
from stage import Stage


async def test_a_namespace_with_campaigns_goes_after_the_operator_has_gone(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "submitted"), campaign(stage.namespace, "suspended", suspend=True))
    for name in ("submitted", "suspended"):
        await stage.look(name)
    await stage.kubectl("annotate", "ocamp", "submitted", "example.com/mine=kept")
    finalizers = '[{"op":"add","path":"/metadata/finalizers/-","value":"example.com/other"}]'
    await stage.kubectl("patch", "ocamp", "submitted", "--type=json", f"--patch={finalizers}")

    found = [each async for each in detached_campaigns(stage.api, [stage.namespace], "", stage.clock.now())]

    said = "2 schedules may stay at the dialer, until 2027-03-03T18:00:00Z"
    assert [(each.name, each.left) for each in found] == [(f"{stage.namespace}/submitted", said)]
    left = "jsonpath={.metadata.finalizers[*]} {.metadata.annotations.example\\.com/mine}"
    assert await stage.kubectl("get", "ocamp", "submitted", f"--output={left}") == "example.com/other kept"
    await stage.kubectl("patch", "ocamp", "submitted", "--type=merge", '--patch={"metadata":{"finalizers":null}}')
    await stage.kubectl("delete", "ocamp", "--all", "--timeout=10s")
    assert await answer_of(stage.control_plane.kubeconfig_path, "detach", f"--namespace={stage.namespace}") == (
        0,
        "0 campaigns detached\n",
    )


async def test_it_says_so_where_an_operator_still_runs(world: World, namespace: str) -> None:
    await world.connect(namespace)
    await world.apply(campaign(namespace, "c"))
    await world.wait_for_state(namespace, "c", "Scheduled")

    status, said = await answer_of(world.control_plane.kubeconfig_path, "detach", f"--namespace={namespace}")

    assert status == 1
    assert f"an operator put finalizers back on {namespace}/c; uninstall the operator first" in said

    async def is_held() -> bool:
        return bool((await world.get(namespace, "c"))["metadata"].get("finalizers"))

    await until(is_held)
