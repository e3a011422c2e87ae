"""The image that `make image-test` has built, and the operator that runs in it.

Not part of `make test`: the tests need root, buildah and runc, and to build the image takes minutes. What is missing is
an error that says what to install, not a skip.
"""

import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import yaml

from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.listener import Listener
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_sandbox.sandbox import apply_crd
from e2e_world import SHORT_WAITS, World, admit_operator
from image.mounted import ContainerImage, buildah, mounted_image, unpacked_bytes
from image.pod import Pod, Surroundings, running_pod
from image_base import missing_of
from service_account import ACCOUNT, bound_token, write_token
from serving import running_receiver, running_simulator, until


def pytest_sessionstart() -> None:
    """Say what is missing before anything is started."""
    lacking = missing_of("buildah", "runc")
    if lacking is None and os.geteuid() != 0:
        lacking = "these tests mount the image and run it, which needs root"
    if lacking is None and not {"TESTED_IMAGE", "TESTED_BASE"} <= os.environ.keys():
        lacking = "no image is named; use `make image-test`"
    if lacking is not None:
        pytest.exit(lacking, returncode=1)


@pytest.fixture(scope="session")
def image() -> Iterator[ContainerImage]:
    """The image under test."""
    with mounted_image(os.environ["TESTED_IMAGE"]) as image:
        yield image


@pytest.fixture(scope="session")
def base_bytes() -> Iterator[int]:
    """How much the base takes, unpacked."""
    container = buildah("from", "--pull=never", os.environ["TESTED_BASE"])
    yield unpacked_bytes(Path(buildah("mount", container)))
    buildah("rm", container)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def operator_account(
    control_plane: ControlPlane, render_chart: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The CustomResourceDefinition, and the account with the chart's rights; its kubeconfig."""
    await apply_crd(control_plane)
    return await admit_operator(control_plane, render_chart, tmp_path_factory.mktemp("account"))


@pytest_asyncio.fixture
async def pod(
    image: ContainerImage,
    control_plane: ControlPlane,
    operator_account: Path,
    render_chart: Callable[..., str],
    tmp_path: Path,
) -> AsyncIterator[Pod]:
    """The chart's Deployment with the short waits of the end-to-end tests; it is ready."""
    certificate = issue_server_certificate(tmp_path)
    served: dict[str, Any] = {"listener": Listener(tls=certificate.tls), "authority": str(certificate.authority)}
    ports = [LoopbackPort(), LoopbackPort()]
    health, metrics = (port.number for port in ports)
    values = {
        "allowCIDRs": ["127.0.0.0/8"],
        "caBundle": {"configMapName": "authorities"},
        "extraArgs": [*SHORT_WAITS, f"--health-port={health}", f"--metrics-port={metrics}"],
    }
    deployment = yaml.safe_load(render_chart(ACCOUNT, values, only=["deployment.yaml"]))
    secret = f"token-{uuid4().hex[:8]}"
    account_folder = tmp_path / "account"
    account_folder.mkdir()
    write_token(account_folder, await bound_token(control_plane, secret))
    (account_folder / "ca.crt").write_text(control_plane.ca_pem)
    config_maps = {"authorities": write_config_map(tmp_path / "authorities", certificate.authority)}
    host, _, port = control_plane.server_url.removeprefix("https://").partition(":")
    surroundings = Surroundings(image, tmp_path, account_folder, config_maps, (host, int(port)))
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            running_simulator(campaigns={"*": 2}, calls_per_second=50, **served)
        )
        receiver = await stack.enter_async_context(running_receiver(**served))
        for held in ports:
            held.release()
        started = time.monotonic()
        operator = stack.enter_context(running_pod(deployment, surroundings))
        await until_ready(operator, f"http://{host}:{health}/readyz")
        ready_seconds = time.monotonic() - started
        world = World(control_plane, simulator, receiver, operator, certificate.authority, operator_account, tmp_path)
        yield Pod(world, account_folder, secret, ready_seconds)


async def until_ready(operator: ChildProcess, url: str) -> None:
    """Until the chart's readiness probe would succeed."""

    async def ready() -> bool:
        assert operator.exit_status is None, operator.last_lines()
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(url)).status_code == HTTPStatus.OK
        except httpx.TransportError:
            return False

    await until(ready)


def write_config_map(folder: Path, authority: Path) -> Path:
    """A ConfigMap as it is mounted, readable by everybody."""
    folder.mkdir()
    shutil.copyfile(authority, folder / "ca.crt")
    return folder
