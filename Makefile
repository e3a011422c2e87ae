# Every target does its own set-up: a machine needs git, make and python3 (3.11 or newer, with venv) only.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# where it is set, every one of some hundred processes of the tests compiles all that it imports
unexport PYTHONDONTWRITEBYTECODE

UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .venv/bin/uv)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# two more than there are cores, since tests also wait; each has control planes of its own, of about 1 GB
WORKERS ?= $(shell nproc | awk '{print ($$1 > 3) ? 5 : $$1 + 2}')

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.venv/ready: pyproject.toml uv.lock
	@echo "Setting up .venv"
	@python3 -c 'import sys; sys.exit("python3 must be 3.11 or newer, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x .venv/bin/python || python3 -m venv .venv
	@test -x "$(UV)" || .venv/bin/python -m pip --version > /dev/null 2>&1 || .venv/bin/python -m ensurepip > /dev/null
	@test -x "$(UV)" || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) sync --frozen --inexact --all-extras
	@touch $@

.PHONY: setup
setup: .venv/ready ## Install everything into .venv

.PHONY: demo
demo: setup ## Watch a campaign run from apply to Completed on a real API server
	@$(BIN)/campaign-sandbox demo

.PHONY: test
test: lint control-plane ## Everything that must be true before a change lands; WORKERS=1 for one test at a time
	@$(PYTEST) -n $(WORKERS) --dist loadgroup --ignore=tests/gitops --ignore=tests/monitoring $(ARGS)

.PHONY: gitops
gitops: setup control-plane ## Sync campaigns from Git by the real Argo CD; builds it once, and needs redis-server
	@$(BIN)/python -m campaign_sandbox.binaries --argocd
	@$(PYTEST) -v tests/gitops $(ARGS)

.PHONY: dashboard
dashboard: setup control-plane ## See alerts fire and the dashboard's panels filled by faults in a sandbox, and draw docs/dashboard.svg; needs Debian's prometheus
	@PICTURE=docs/dashboard.svg $(PYTEST) -v tests/monitoring $(ARGS)

.PHONY: on-call
on-call: setup control-plane ## Play five faults that somebody on call meets, and write docs/on-call.md; needs Debian's prometheus, 20 minutes
	@PYTHONPATH=tools $(BIN)/python tools/on_call.py

# side by side: the types take as long as all the others together
LINTERS := lint-types lint-style lint-layers lint-spelling lint-prose lint-image lint-generated
.PHONY: lint $(LINTERS)
lint: setup ## Style, types, layers, spelling and phrases, the Dockerfile, and generated files that drifted
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(LINTERS)

lint-style: setup
	@echo "ruff"; $(BIN)/ruff check operator tests benchmarks tools; $(BIN)/ruff format --check --quiet operator tests benchmarks tools

lint-types: setup
	@echo "mypy --strict"; $(BIN)/mypy --no-error-summary

lint-layers: setup
	@echo "import-linter"; $(BIN)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

lint-spelling: setup
	@echo "codespell"; $(BIN)/codespell *.md operator tests tools docs charts examples benchmarks gitops

lint-prose: setup
	@echo "prose"; $(BIN)/python tools/prose.py

lint-image: setup
	@echo "hadolint"; $(BIN)/hadolint Dockerfile

lint-generated: setup
	@echo "generated files"; $(BIN)/python tools/generate.py --check

.PHONY: kube-state-metrics
kube-state-metrics: setup control-plane ## Read the example configuration by the real kube-state-metrics; builds it once
	@$(BIN)/python -m campaign_sandbox.binaries --kube-state-metrics
	@$(PYTEST) -v tests/e2e/test_kube_state_metrics.py $(ARGS)

.PHONY: unit
unit: setup ## The tests that need no control plane
	@$(PYTEST) -n $(WORKERS) tests/unit tests/contract $(ARGS)

.PHONY: control-plane
control-plane: setup ## Have the programs of the control plane, Helm, helm-docs and promtool ready in the cache
	@$(BIN)/python -m campaign_sandbox.binaries --helm

# IMAGE names the image, BASE another base than the Dockerfile's, and FLAGS what else the engine is told
IMAGE ?= campaign-operator:$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
TESTED_IMAGE := localhost/campaign-operator:tested
.PHONY: image
image: setup ## Build the image with docker or buildah; IMAGE=NAME BASE=NAME FLAGS="--no-cache"
	@$(BIN)/python tools/image_build.py --tag=$(IMAGE) --base=$(BASE) $(FLAGS)

.PHONY: image-base
image-base: setup ## Where no registry is reached: make a base by debootstrap
	@$(BIN)/python tools/image_base.py

.PHONY: image-test
image-test: setup control-plane $(if $(BASE),,image-base) ## Build the image with buildah, and run the operator in it; BASE=NAME
	@$(BIN)/python tools/image_build.py --engine=buildah --tag=$(TESTED_IMAGE) --base=$(TESTED_BASE) $(FLAGS)
	@TESTED_IMAGE=$(TESTED_IMAGE) TESTED_BASE=$(TESTED_BASE) $(PYTEST) tests/image $(ARGS)
TESTED_BASE = $(or $(BASE),localhost/debian-python:12)

SBOM := UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv/sbom
.PHONY: sbom
sbom: setup ## Write what is in the image to dist: a CycloneDX SBOM, and the licenses
	@mkdir -p dist
	@$(SBOM) $(UV) sync --quiet --frozen --no-dev --no-editable
	@$(UV) run --quiet --frozen --isolated --only-group sbom cyclonedx-py environment .venv/sbom/bin/python \
	    --pyproject pyproject.toml --mc-type application --output-reproducible --of JSON -o dist/campaign-operator.cdx.json
	@$(UV) run --quiet --frozen --isolated --only-group sbom pip-licenses --python .venv/sbom/bin/python \
	    --format markdown --with-urls --order license --output-file dist/licenses.md
	@echo "wrote dist/campaign-operator.cdx.json and dist/licenses.md"

.PHONY: krew
krew: setup ## Write what Krew installs to dist: the archive of the kubectl plugin, and its manifest; URI=ADDRESS
	@$(BIN)/python tools/krew_archive.py --uv=$(UV) $(if $(URI),--uri=$(URI))

.PHONY: generate
generate: setup ## Write the generated files: the CustomResourceDefinition and its copy in the chart, docs/api.md, the tables of metrics, JSON Schemas, the patch for Argo CD, the chart's README
	@$(BIN)/python tools/generate.py
	@$(BIN)/python tools/chart_readme.py

.PHONY: captures
captures: setup control-plane ## Write the testdata of the Argo CD customization from real campaigns
	@PYTHONPATH=tests:tools $(BIN)/python tools/capture_states.py

.PHONY: release-check
release-check: setup ## What must be true before a tag: one version, its changelog, the image's Python, fresh files
	@$(BIN)/python tools/release_check.py

.PHONY: bench
bench: setup control-plane ## Measure on the sandbox and write docs/benchmarks.md
	@$(BIN)/python benchmarks/run.py $(ARGS)

.PHONY: soak
soak: setup control-plane ## Look after 500 campaigns for MINUTES=120, and write what it took to docs/benchmarks.md; SEED=7
	@$(BIN)/python benchmarks/run.py soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: faults
faults: setup control-plane ## Kill, cut and delay everything once, then play LIVES=2000 random lives: N=3000 SEED=7 adds random pairs of faults, PLAN="..." or LIFE=17 replays one
	@$(if $(LIFE),,PYTHONPATH=tests:tests/unit $(BIN)/python -m faults.run $(if $(N),--random $(N)) $(if $(SEED),--seed $(SEED)) $(if $(PLAN),--plan "$(PLAN)") $(ARGS))
	@$(if $(PLAN),,PYTHONPATH=tests:tests/unit $(BIN)/python -m lives.run $(if $(LIFE),--life $(LIFE) $(ARGS),--lives $(or $(LIVES),2000) $(if $(SEED),--seed $(SEED))))

.PHONY: rollout
rollout: setup control-plane ## Replace two replicas one by one while CAMPAIGNS=200 are submitted: once told to end, once killed
	@PYTHONPATH=tests:tests/unit $(BIN)/python -m rollouts.run $(if $(CAMPAIGNS),--campaigns $(CAMPAIGNS))

.PHONY: fuzz
fuzz: setup ## Give every parser of what comes from outside whatever comes to mind, for MINUTES=10; SEED=7 TARGET="a contact list"
	@PYTHONPATH=tests:tests/unit $(BIN)/python -m fuzz.run $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(TARGET),--target "$(TARGET)")

.PHONY: clean
clean: ## Remove what set-up and tests leave behind; the cached control plane stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
