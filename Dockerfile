# syntax=docker/dockerfile:1

# The Python that the tests run on: the oldest that pyproject.toml allows. `make release-check` compares the three.
ARG PYTHON_VERSION=3.11
# A build argument, since no digest has been looked up yet. To pin the base image, build with
# --build-arg BASE=python:3.11-slim@sha256:DIGEST, with the digest that your registry gives for it.
ARG BASE=python:${PYTHON_VERSION}-slim

FROM ${BASE} AS build
RUN ["pip", "install", "--no-cache-dir", "uv==0.13.9"]
# Compiled here, since the root file system of the running container cannot be written.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/campaign-operator \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /source
# The dependencies in a layer of their own: they change less often than the sources.
COPY pyproject.toml uv.lock ./
RUN ["uv", "sync", "--frozen", "--no-dev", "--no-install-project"]
COPY README.md LICENSE ./
COPY tests/controlplane tests/controlplane
COPY examples examples
COPY operator operator
RUN ["uv", "sync", "--frozen", "--no-dev", "--no-editable"]
# The sandbox is part of the distribution, and nothing of it belongs in a cluster.
RUN ["find", "/opt/campaign-operator", "-name", "campaign[_-]sandbox*", "-prune", "-exec", "rm", "-r", "{}", "+"]

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="campaign-operator" \
      org.opencontainers.image.description="A Kubernetes operator for outbound calling campaigns on NICE CXone" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/campaign-operator /opt/campaign-operator
ENV PATH=/opt/campaign-operator/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["campaign-operator"]
CMD ["run", "--all-namespaces"]
