"""The token of the operator's ServiceAccount is renewed in its file while the operator runs, as the kubelet does it
well before the token expires.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import yaml

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import World, campaign, start_program
from service_account import bound_token, end_tokens, write_token

IN_THIS_POD = """
import sys
from pathlib import Path
from kubernetes.aio.config import incluster_config
from campaign_operator.cli import main
folder = Path(sys.argv.pop(1))
incluster_config.SERVICE_TOKEN_FILENAME = folder / "token"
incluster_config.SERVICE_CERT_FILENAME = folder / "ca.crt"
main()
"""
"""Where a pod finds its token is the client's constant, and nobody but root can write there."""


def start_by_kubeconfig(control_plane: ControlPlane, folder: Path, authority: Path, *flags: str) -> ChildProcess:
    """Outside a cluster: the kubeconfig names the file of the token."""
    kubeconfig = yaml.safe_load(control_plane.kubeconfig_path.read_text())
    kubeconfig["users"][0]["user"] = {"tokenFile": "token"}
    (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    program = [sys.executable, "-m", "campaign_operator.cli"]
    return start_program(program, {"KUBECONFIG": str(folder / "kubeconfig")}, authority, folder, *flags)


def start_in_a_pod(control_plane: ControlPlane, folder: Path, authority: Path, *flags: str) -> ChildProcess:
    """With the environment and the files of a pod."""
    (folder / "ca.crt").write_text(control_plane.ca_pem)
    host, _, port = control_plane.server_url.removeprefix("https://").partition(":")
    env = {"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    return start_program([sys.executable, "-c", IN_THIS_POD, str(folder)], env, authority, folder, *flags)


async def test_a_token_that_is_renewed_in_its_file_is_taken_up_and_one_that_is_not_ends_the_operator(
    playhouse: tuple[ControlPlane, Path], world: World, tmp_path: Path
) -> None:
    """By both ways to name the file, side by side: what takes long is the restart of the API server."""
    control_plane, _ = playhouse
    mark = uuid4().hex[:8]
    first, second = f"first-{mark}", f"second-{mark}"
    token = await bound_token(control_plane, first)
    places: list[World] = []
    try:
        for start, name in ((start_in_a_pod, "pod"), (start_by_kubeconfig, "kubeconfig")):
            folder, namespace = tmp_path / name, f"{name}-{mark}"
            folder.mkdir()
            write_token(folder, token)
            await control_plane.kubectl("create", "namespace", namespace)
            operator = start(control_plane, folder, world.authority, "--namespace", namespace)
            places.append(replace(world, control_plane=control_plane, operator=operator, folder=folder))
        await apply_everywhere(places, mark, "before")
        token = await bound_token(control_plane, second)
        for place in places:
            write_token(place.folder, token)
        await end_tokens(control_plane, first)
        await apply_everywhere(places, mark, "after")
        await end_tokens(control_plane, second)
        for place in places:
            async with asyncio.timeout(60):
                assert await place.operator.wait() == 1
            assert "the API server refuses the operator's credentials: 401" in place.operator.last_lines(1)
    finally:
        for place in places:
            await place.operator.stop(timeout_seconds=20)


async def apply_everywhere(places: list[World], mark: str, name: str) -> None:
    """Apply a campaign for each operator, and wait until each has submitted it, which takes every kind of request."""
    for place in places:
        namespace = f"{place.folder.name}-{mark}"
        await place.connect(namespace)
        await place.apply(campaign(namespace, name))
    for place in places:
        await place.wait_for_state(f"{place.folder.name}-{mark}", name, "Scheduled", seconds=30)
