# syntax=docker/dockerfile:1
# Builds with docker and with buildah. Heredocs and COPY --link are left out: buildah 1.28 does not know them.

# The Python that the tests run on: the oldest that pyproject.toml allows. `make release-check` compares the three.
ARG PYTHON_VERSION=3.11
# An image with that Python. No digest has been looked up yet: to pin the base, build with
# --build-arg BASE=docker.io/library/python:3.11-slim@sha256:DIGEST, with the digest that your registry gives for it.
ARG BASE=docker.io/library/python:${PYTHON_VERSION}-slim
# What it is built in. It needs a shell and Python's venv, and has Python at the same path as the base.
ARG BUILDER=${BASE}

FROM ${BUILDER} AS build
# For a network where a proxy reads TLS: its bundle of certificate authorities, which is mounted into the build.
ARG SSL_CERT_FILE
ARG PIP_CERT
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
# Compiled here, since the root file system of the running container cannot be written.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/campaign-operator \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /source
# The dependencies in a layer of their own: they change less often than the sources.
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --frozen --no-dev --no-install-project
COPY README.md LICENSE ./
COPY tests/controlplane tests/controlplane
COPY examples examples
COPY charts/campaign-operator/monitoring charts/campaign-operator/monitoring
COPY operator operator
# Nothing of the sandbox and of the kubectl plugin, which are parts of the distribution, belongs in a cluster, nor do the
# tests and the commands of the dependencies, or the places and carriers of phone numbers, which are 45 MB and not read.
RUN /opt/uv/bin/uv sync --frozen --no-dev --no-editable && \
    find /opt/campaign-operator \( \
        -name 'campaign[_-]sandbox*' -o \
        -name 'kubectl[_-]campaign*' -o \
        -path '*/site-packages/*/tests' -o \
        -path '*/phonenumbers/geodata' -o \
        -path '*/phonenumbers/carrierdata' -o \
        -path '/opt/campaign-operator/bin/*' ! -name 'python*' ! -name campaign-operator \
    \) -prune -exec rm -r {} +

FROM ${BASE}
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="campaign-operator" \
      org.opencontainers.image.description="A Kubernetes operator for outbound calling campaigns on NICE CXone" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=build /opt/campaign-operator /opt/campaign-operator
ENV PATH=/opt/campaign-operator/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["campaign-operator"]
CMD ["run", "--all-namespaces"]
