"""Where the programs of the control plane come from.

Owns the order of the places: the folder that KUBEBUILDER_ASSETS names; the user's cache; a build from published Go
modules into that cache. The sandbox, which somebody waits for, downloads a released control plane rather than build
one; the tests do not, and so run on one version everywhere. It must not know how the programs are run.

A folder named by KUBEBUILDER_ASSETS has to hold what envtest's has: etcd, kube-apiserver and kubectl. What is missing
is not built and added: minutes of compiling are no answer to a variable that names programs which are there. Without
kube-controller-manager the control plane runs all the same, and says what it then lacks.

`python -m campaign_sandbox.binaries` builds everything up front and tells its progress on stderr; with `--sandbox` it
gets what the sandbox starts with, with `--argocd` Argo CD, too, and with `--kube-state-metrics` kube-state-metrics.
"""

import argparse
import asyncio
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from campaign_sandbox.folder_cache import cache_path, ensure_filled
from campaign_sandbox.go_toolchain import BinariesError, find_toolchain, target_platform
from campaign_sandbox.progress import Progress
from campaign_sandbox.released_programs import (
    ENVTEST_PROGRAMS,
    RELEASE_PATH,
    NotDownloadedError,
    ensure_released,
    read_release,
)

__all__ = [
    "BinariesError",
    "ControlPlaneBinaries",
    "built_kube_state_metrics",
    "ensure_argocd",
    "ensure_control_plane_binaries",
    "ensure_helm",
    "ensure_helm_docs",
    "ensure_kstatus",
    "ensure_kube_state_metrics",
    "ensure_promtool",
    "ensure_sandbox_binaries",
]

_KUBERNETES_VERSION = "v1.37.2"
_HELM_VERSION = "v4.3.1"
_HELM_DOCS_VERSION = "v1.14.2"
_ARGOCD_VERSION = "v3.6.1"
_CLI_UTILS_VERSION = "v0.37.2"
_KUBE_STATE_METRICS_VERSION = "v2.18.0"
_PROMETHEUS_VERSION = "v0.316.0"


@dataclass(frozen=True)
class ControlPlaneBinaries:
    """The programs of a control plane. Each is a file that can be executed; envtest has no controller manager."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path | None
    kubectl: Path


@dataclass(frozen=True)
class _Build:
    """A set of programs built from one Go module; `programs` maps the file's name to its Go package, and `files` the
    name of a file that is kept beside them to the module that it is from, and its path there.
    """

    name: str
    version: str
    folder: str
    programs: dict[str, str]
    flags: tuple[str, ...]
    estimate: str
    files: dict[str, tuple[str, str]] = field(default_factory=dict)


def _version_flags(version: str, *packages: str) -> str:
    """Variables set at link time: without them the server reports v0.0.0, and clients go by that."""
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "archive"}
    return " ".join(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())


_CONTROL_PLANE = _Build(
    name="controlplane",
    version=_KUBERNETES_VERSION,
    folder=".",
    # The small ones first: what is wrong with the compiler or the network shows within seconds.
    programs={
        "etcd": "go.etcd.io/etcd/server/v3",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    },
    flags=(
        "-tags=selinux,notest,grpcnotrace",  # those of the project's own releases
        "-ldflags=-s -w "
        + _version_flags(_KUBERNETES_VERSION, "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"),
    ),
    estimate="about 5 minutes on 2 cores, with 3 GB of memory and, until it is done, 5 GB of disk",
)
_HELM = _Build(
    name="helm",
    version=_HELM_VERSION,
    folder="helm",
    programs={"helm": "helm.sh/helm/v4/cmd/helm"},
    flags=(f"-ldflags=-s -w -X helm.sh/helm/v4/internal/version.version={_HELM_VERSION}",),
    estimate="about 2 minutes on 2 cores, with 2 GB of memory and, until it is done, 2 GB of disk",
)
_HELM_DOCS = _Build(
    name="helm-docs",
    version=_HELM_DOCS_VERSION,
    folder="helm-docs",
    programs={"helm-docs": "github.com/norwoodj/helm-docs/cmd/helm-docs"},
    flags=("-ldflags=-s -w",),
    estimate="one or two minutes on 2 cores",
)
_ARGOCD = _Build(
    name="argocd",
    version=_ARGOCD_VERSION,
    folder="argocd",
    programs={"argocd": "github.com/argoproj/argo-cd/v3/cmd"},
    flags=(f"-ldflags=-s -w -X github.com/argoproj/argo-cd/v3/common.version={_ARGOCD_VERSION.removeprefix('v')}",),
    estimate="about 5 minutes on 2 cores, with 3 GB of memory and, until it is done, 4 GB of disk",
    files={
        name: ("github.com/argoproj/argo-cd/v3", f"manifests/crds/{name}")
        for name in ("application-crd.yaml", "appproject-crd.yaml")
    },
)
_KSTATUS = _Build(
    name="kstatus",
    version=_CLI_UTILS_VERSION,
    folder="kstatus",
    programs={"kstatus": "."},
    flags=("-ldflags=-s -w",),
    estimate="about 1 minute on 2 cores",
)
_KUBE_STATE_METRICS = _Build(
    name="kube-state-metrics",
    version=_KUBE_STATE_METRICS_VERSION,
    folder="kube-state-metrics",
    programs={"kube-state-metrics": "k8s.io/kube-state-metrics/v2"},
    flags=(f"-ldflags=-s -w -X github.com/prometheus/common/version.Version={_KUBE_STATE_METRICS_VERSION}",),
    estimate="about 2 minutes on 2 cores",
)
_PROMTOOL = _Build(
    name="promtool",
    version=_PROMETHEUS_VERSION,
    folder="promtool",
    programs={"promtool": "github.com/prometheus/prometheus/cmd/promtool"},
    # Without the clients of all clouds, which find what to scrape: half of the time.
    flags=("-tags=remove_all_sd", "-ldflags=-s -w"),
    estimate="about 2 minutes on 2 cores",
)


async def ensure_control_plane_binaries(progress: Progress) -> ControlPlaneBinaries:
    """The programs of the control plane, built first if they are nowhere. Raises BinariesError."""
    return _programs_in(_assets() or await _ensure_built(_CONTROL_PLANE, progress))


async def ensure_sandbox_binaries(progress: Progress, release_path: Path = RELEASE_PATH) -> ControlPlaneBinaries:
    """The programs that can be had soonest: those that are there, else a download, else a build.

    Raises BinariesError.
    """
    folder = _assets()
    if folder is None and not _cache_folder(_CONTROL_PLANE).is_dir():
        try:
            folder = await ensure_released(read_release(release_path), progress)
        except NotDownloadedError as error:
            progress(f"{error}. Building {_KUBERNETES_VERSION} instead")
    return _programs_in(folder or await _ensure_built(_CONTROL_PLANE, progress))


async def ensure_helm(progress: Progress) -> Path:
    """The Helm that the chart is checked with, built first if it is nowhere. Raises BinariesError."""
    return await _ensure_built(_HELM, progress) / "helm"


async def ensure_argocd(progress: Progress) -> Path:
    """Argo CD, which syncs campaigns in the tests of GitOps: one program, which takes its part by ARGOCD_BINARY_NAME,
    and beside it the definitions of its resources. Raises BinariesError.
    """
    return await _ensure_built(_ARGOCD, progress) / "argocd"


async def ensure_kstatus(progress: Progress) -> Path:
    """The program that computes kstatus as Flux does, built first if it is nowhere. Raises BinariesError."""
    return await _ensure_built(_KSTATUS, progress) / "kstatus"


async def ensure_kube_state_metrics(progress: Progress) -> Path:
    """The kube-state-metrics that reads the example configuration in a test. Raises BinariesError."""
    return await _ensure_built(_KUBE_STATE_METRICS, progress) / "kube-state-metrics"


def built_kube_state_metrics() -> Path | None:
    """The same, if it was built before: no other test needs it, so none waits for it."""
    program = _cache_folder(_KUBE_STATE_METRICS) / "kube-state-metrics"
    return program if program.is_file() else None


async def ensure_helm_docs(progress: Progress) -> Path:
    """The helm-docs that writes the chart's README, built first if it is nowhere. Raises BinariesError."""
    return await _ensure_built(_HELM_DOCS, progress) / "helm-docs"


async def ensure_promtool(progress: Progress) -> Path:
    """The promtool that tests the alerts, built first if it is nowhere. Raises BinariesError."""
    return await _ensure_built(_PROMTOOL, progress) / "promtool"


def _programs_in(folder: Path) -> ControlPlaneBinaries:
    controller_manager = folder / "kube-controller-manager"
    return ControlPlaneBinaries(
        etcd=folder / "etcd",
        kube_apiserver=folder / "kube-apiserver",
        kube_controller_manager=controller_manager if os.access(controller_manager, os.X_OK) else None,
        kubectl=folder / "kubectl",
    )


def _assets() -> Path | None:
    """The folder that the user has named."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if not named:
        return None
    folder = Path(named)
    missing = [name for name in ENVTEST_PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise BinariesError(
            f"KUBEBUILDER_ASSETS names {folder}, which has no {', '.join(missing)}. Put it there, of the "
            f"same Kubernetes version, or unset the variable to have {_KUBERNETES_VERSION} built."
        )
    return folder.absolute()


def _module_files(build: _Build) -> dict[str, bytes]:
    """The files of the Go module: in the installed package or, in a checkout, among the tests."""
    installed = resources.files("campaign_sandbox") / "_controlplane"
    checkout = Path(__file__).parents[2] / "tests" / "controlplane"
    for root in (installed, checkout):
        module = root / build.folder
        if (module / "go.mod").is_file():
            names = ("go.mod", "go.sum", "main.go")
            return {name: (module / name).read_bytes() for name in names if (module / name).is_file()}
    raise BinariesError("This installation lacks the Go module of the control plane: reinstall campaign-operator.")


def _cache_folder(build: _Build) -> Path:
    """Named by the version and platform, for people, and by a digest of all that the outcome depends on."""
    module = sorted(_module_files(build).items())
    recipe = (sorted(build.programs.items()), build.flags, module, *sorted(build.files.items()))
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
    return cache_path() / build.name / f"{build.version}-{'-'.join(target_platform().values())}-{digest}"


async def _ensure_built(build: _Build, progress: Progress) -> Path:
    files = _module_files(build)

    async def fill(programs: Path) -> None:
        started = time.monotonic()
        # A copy: an installed package may be read-only, and the compiler must not be able to change ours.
        with tempfile.TemporaryDirectory() as module:
            _write_files(Path(module), files)
            await _build_programs(build, Path(module), scratch, programs, progress)
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
        progress(f"Built {build.name} {build.version} in {time.monotonic() - started:.0f} s")

    folder = _cache_folder(build)
    scratch = folder.with_name(f".{folder.name}-scratch")
    await ensure_filled(folder, fill, progress)
    return folder


async def _build_programs(build: _Build, module: Path, scratch: Path, programs: Path, progress: Progress) -> None:
    toolchain = await find_toolchain(module, scratch, progress)
    progress(f"Building {build.name} {build.version} with {toolchain.version}, once: {build.estimate}")
    for number, (name, package) in enumerate(build.programs.items(), start=1):
        label = f"[{number}/{len(build.programs)}] {name}"
        target = programs / name
        await toolchain.build(label, package, build.flags, target, module=module, progress=progress)
    for name, (dependency, path) in build.files.items():
        shutil.copyfile(await toolchain.folder_of(dependency, module=module) / path, programs / name)


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


async def _fetch_all(*, helm: bool, argocd: bool, kube_state_metrics: bool, sandbox: bool, release: Path) -> None:
    task = asyncio.current_task()
    if task is not None:  # it never is, inside a coroutine
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def progress(line: str, /) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the command's own output

    binaries = await (
        ensure_sandbox_binaries(progress, release) if sandbox else ensure_control_plane_binaries(progress)
    )
    progress(f"The control plane is in {binaries.kubectl.parent}")
    if helm:
        progress(f"Helm is {await ensure_helm(progress)}")
        progress(f"helm-docs is {await ensure_helm_docs(progress)}")
        progress(f"kstatus is {await ensure_kstatus(progress)}")
        progress(f"promtool is {await ensure_promtool(progress)}")
    if argocd:
        progress(f"Argo CD is {await ensure_argocd(progress)}")
    if kube_state_metrics:
        progress(f"kube-state-metrics is {await ensure_kube_state_metrics(progress)}")


def _main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m campaign_sandbox.binaries",
        description="Build the programs of the control plane into the cache, unless they are there.",
    )
    parser.add_argument(
        "--helm", action="store_true", help="also build what the tests need: Helm, helm-docs, kstatus and promtool"
    )
    parser.add_argument("--argocd", action="store_true", help="also build Argo CD, which `make gitops` runs")
    parser.add_argument("--kube-state-metrics", action="store_true", help="also build kube-state-metrics")
    parser.add_argument("--sandbox", action="store_true", help="have what the sandbox starts with: download, or build")
    parser.add_argument("--release", type=Path, default=RELEASE_PATH, help="with --sandbox: list of what to download")
    wanted = parser.parse_args()
    fetched = _fetch_all(**vars(wanted))
    try:
        asyncio.run(fetched)
    except BinariesError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's own output
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(_main())
