"""A pod of the chart's Deployment on this machine, by the runtime that clusters use: runc.

Takes the part of the kubelet: it reads the Deployment that Helm has rendered and the configuration of the image, and
writes the OCI bundle that they ask for, with the token and the files of a ConfigMap. The pod shares the network of the
machine, as `hostNetwork: true` has it, since the API server of the tests listens on loopback. There is no seccomp
profile: `RuntimeDefault` is the container engine's own, and none takes part here.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from campaign_sandbox.child_process import ChildProcess
from e2e_world import World
from image.mounted import ContainerImage

TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"

_MEBIBYTE = 2**20
_UNITS = {"Mi": _MEBIBYTE, "Gi": 1024 * _MEBIBYTE}
_SHELLS = ("/bin/sh", "/bin/dash", "/bin/bash", "/usr/bin/sh", "/usr/bin/dash", "/usr/bin/bash")


@dataclass(frozen=True)
class Surroundings:
    """What a kubelet knows beside the Deployment."""

    image: ContainerImage
    folder: Path
    """For the bundle and the log."""

    account_folder: Path
    """With token and ca.crt."""

    config_maps: Mapping[str, Path]
    """The folder of each ConfigMap that is mounted."""

    server: tuple[str, int]


@dataclass(frozen=True)
class Pod:
    """The operator in its container, and the world around it."""

    world: World
    account_folder: Path
    account_secret: str
    """What the token is bound to."""

    ready_seconds: float


@contextmanager
def running_pod(deployment: Mapping[str, Any], surroundings: Surroundings) -> Iterator[ChildProcess]:
    """Run the one container of a Deployment; it is gone at the end."""
    name = f"campaign-operator-{uuid4().hex[:8]}"
    bundle = surroundings.folder / name
    bundle.mkdir()
    specification = pod_specification(deployment["spec"]["template"]["spec"], surroundings)
    (bundle / "config.json").write_text(json.dumps(specification, indent=2))
    runc = [shutil.which("runc") or "runc", f"--root={surroundings.folder / 'runc'}"]
    command = [*runc, "run", f"--bundle={bundle}", f"--pid-file={bundle / 'pid'}", name]
    operator = ChildProcess("operator", command, bundle / "log", env=dict(os.environ), cwd=bundle)
    try:
        yield operator
    finally:
        operator.kill()
        subprocess.run([*runc, "delete", "--force", name], capture_output=True, check=False)


def pid_of(operator: ChildProcess) -> int:
    """The process of the container as this machine sees it, once it has been started."""
    return int((operator.log_path.parent / "pid").read_text())


def pod_specification(pod: Mapping[str, Any], surroundings: Surroundings) -> dict[str, Any]:
    """The config.json of an OCI bundle, for the one container of a pod."""
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"]
    configuration = surroundings.image.configuration
    user, _, group = configuration["User"].partition(":")
    host, port = surroundings.server
    environment = {
        **surroundings.image.environment,
        **{each["name"]: each["value"] for each in container.get("env", [])},
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": str(port),
    }
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": int(user), "gid": int(group)},
            "args": [*configuration["Entrypoint"], *container["args"]],
            "env": [f"{name}={value}" for name, value in environment.items()],
            "cwd": configuration.get("WorkingDir") or "/",
            "noNewPrivileges": not security["allowPrivilegeEscalation"],
            "capabilities": {},
        },
        "root": {"path": str(surroundings.image.root), "readonly": security["readOnlyRootFilesystem"]},
        "hostname": "campaign-operator",
        "mounts": [*_usual_mounts(), *_pod_mounts(pod, container["volumeMounts"], surroundings)],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
            "resources": {"memory": {"limit": _memory_bytes(container["resources"]["limits"]["memory"])}},
            # nothing of ours needs a shell, so none is there
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/sys/firmware", *_SHELLS],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def _usual_mounts() -> Iterator[dict[str, Any]]:
    yield {"destination": "/proc", "type": "proc", "source": "proc"}
    yield _tmpfs("/dev", "nosuid", "strictatime", "mode=755", "size=65536k")
    yield {"destination": "/sys", "type": "none", "source": "/sys", "options": ["rbind", "nosuid", "nodev", "ro"]}


def _pod_mounts(
    pod: Mapping[str, Any], mounts: Sequence[Mapping[str, Any]], surroundings: Surroundings
) -> Iterator[dict[str, Any]]:
    if pod["automountServiceAccountToken"]:
        yield _bind(surroundings.account_folder, TOKEN_FOLDER)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in mounts:
        volume = volumes[mount["name"]]
        if "emptyDir" in volume:
            size = _memory_bytes(volume["emptyDir"]["sizeLimit"])
            yield _tmpfs(mount["mountPath"], "nosuid", "nodev", "mode=1777", f"size={size}")
        else:
            yield _bind(surroundings.config_maps[volume["configMap"]["name"]], mount["mountPath"])


def _tmpfs(destination: str, *options: str) -> dict[str, Any]:
    return {"destination": destination, "type": "tmpfs", "source": "tmpfs", "options": list(options)}


def _bind(source: Path, destination: str) -> dict[str, Any]:
    options = ["rbind", "ro", "nosuid", "nodev"]
    return {"destination": destination, "type": "none", "source": str(source), "options": options}


def _memory_bytes(quantity: str) -> int:
    return int(quantity[:-2]) * _UNITS[quantity[-2:]]
