"""What the sandbox tells a first user to type, as it works on this machine and from this folder.

Owns how our commands, kubectl and the examples are called from here: by name where PATH has them, by path where not.
It must not know what runs.
"""

import shutil
import sys
from pathlib import Path


def export_line(kubeconfig_path: Path, kubectl_path: Path) -> str:
    """The line that points kubectl at the control plane; it adds our kubectl for who has none."""
    kubeconfig = f"export KUBECONFIG={kubeconfig_path}"
    if shutil.which("kubectl") is not None:
        return kubeconfig
    return f'{kubeconfig} PATH="$PATH:{kubectl_path.parent}"'


def first_commands(examples: Path) -> str:
    """Three commands for a sandbox that runs."""
    files = " ".join(f"-f {_from_here(examples / name)}" for name in ("demo.yaml", "spring-renewals.yaml"))
    return "\n".join(
        (
            f"  kubectl apply {files}",
            "  kubectl wait --for=condition=Completed outboundcampaign/demo --timeout=2m",
            "  kubectl get outboundcampaigns -o wide",
        )
    )


def own_operator(ca_file: Path, metrics_port: int | None = None) -> str:
    """The command that starts an operator of the user's own, which may call the sandbox's dialer and receiver, and
    whose metrics Prometheus finds at that port.
    """
    served = f" --metrics-port {metrics_port}" if metrics_port is not None else ""
    return (
        f"  {_command('campaign-operator')} run --namespace default --lead-seconds 5 --poll-seconds 5 \\\n"
        f"      --ca-file {ca_file} --allow-cidr 127.0.0.0/8{served}"
    )


def after_the_demo(examples: Path) -> str:
    """Three commands for who has seen the demo, whose sandbox has ended."""
    renewals = _from_here(examples / "spring-renewals.yaml")
    steps = (
        (f"{_command('campaign-sandbox')} up", "keep a sandbox running, and use it with kubectl"),
        (f"{_command('campaign-operator')} preview {renewals}", "see when a campaign would call"),
        (f"{_command('campaign-operator')} validate {renewals}", "check a manifest"),
    )
    width = max(len(command) for command, _ in steps)
    return "\n".join(f"  {command:<{width}}  # {purpose}" for command, purpose in steps)


def _command(name: str) -> str:
    """One of our console scripts, which stand beside this Python."""
    return name if shutil.which(name) is not None else _from_here(Path(sys.executable).with_name(name))


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
