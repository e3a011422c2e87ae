"""What is in the image, and what is not."""

import struct
import subprocess
import tomllib
from pathlib import Path

import pytest

from image.mounted import ContainerImage, unpacked_bytes
from image_build import read_revision

ROOT = Path(__file__).parents[2]
INSTALLED = Path("opt/campaign-operator")
MEGABYTE = 1_000_000
LARGEST_ADDITION = 200 * MEGABYTE


def test_the_image_adds_at_most_200_mb_to_its_base(image: ContainerImage, base_bytes: int) -> None:
    added = unpacked_bytes(image.root) - base_bytes
    print(f"the base has {base_bytes / MEGABYTE:.0f} MB, and the image adds {added / MEGABYTE:.0f} MB")  # noqa: T201 - the measurement
    assert 0 < added <= LARGEST_ADDITION


def test_it_runs_as_a_user_that_is_a_number_and_not_root(image: ContainerImage) -> None:
    assert image.configuration["User"] == "65532:65532"


def test_its_entry_point_needs_no_shell(image: ContainerImage) -> None:
    (command,) = image.configuration["Entrypoint"]
    program = image.root / INSTALLED / "bin" / command
    assert program.read_text().splitlines()[0] == "#!/opt/campaign-operator/bin/python"


def test_its_labels_name_the_version_and_the_commit(image: ContainerImage) -> None:
    named = image.configuration["Labels"].items()
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in named}
    assert labels["title"] == "campaign-operator"
    assert labels["licenses"] == "Apache-2.0"
    assert labels["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert labels["revision"] == read_revision()
    assert labels["base.name"]
    assert labels["description"]


@pytest.mark.parametrize(
    "pattern", ["*sandbox*", "*kubectl*", "*tests*", "*controlplane*", "pytest", "uv", "geodata", "carrierdata"]
)
def test_nothing_that_a_cluster_does_not_need_is_in_it(image: ContainerImage, pattern: str) -> None:
    assert list((image.root / INSTALLED).rglob(pattern)) == []


def test_it_has_one_command_beside_python(image: ContainerImage) -> None:
    names = {path.name for path in (image.root / INSTALLED / "bin").iterdir()}
    assert {name for name in names if not name.startswith("python")} == {"campaign-operator"}


def test_every_module_has_its_bytecode(image: ContainerImage) -> None:
    """What Python holds for stale it compiles again at each start, since it cannot write it."""
    modules = [path for path in (image.root / INSTALLED).rglob("*.py") if "bin" not in path.parts]
    assert len(modules) > 1000
    assert [str(module) for module in modules if not is_compiled(module)] == []


def is_compiled(module: Path) -> bool:
    """Whether the bytecode is that of the module, by its time and size: https://peps.python.org/pep-0552/."""
    for bytecode in module.parent.glob(f"__pycache__/{module.stem}.cpython-*.pyc"):
        flags, seconds, size = struct.unpack("<III", bytecode.read_bytes()[4:16])
        state = module.stat()
        return (flags, seconds, size) == (0, int(state.st_mtime), state.st_size)
    return False


def test_its_python_is_the_one_that_the_dockerfile_names(image: ContainerImage) -> None:
    script = "import sys; print(*sys.version_info[:2], sep='.')"
    inside = ["chroot", str(image.root), f"/{INSTALLED}/bin/python", "-c", script]
    version = subprocess.run(inside, capture_output=True, text=True, check=True).stdout.strip()
    assert f"ARG PYTHON_VERSION={version}\n" in (ROOT / "Dockerfile").read_text()
