# The server in a container: `docker build -t auth0-elastic .`; see docs/deployment.md.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_ONLY_BINARY=:all:
WORKDIR /build
RUN python -m venv --without-pip /opt/auth0-elastic
COPY requirements.lock requirements-dev.lock ./
RUN pip --python /opt/auth0-elastic/bin/python install --require-hashes -r requirements.lock
# What builds the wheel comes from the lock as well: hatchling and what it needs.
RUN awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} keep' requirements-dev.lock >build.lock \
 && pip install --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY package package
COPY server/auth0_elastic server/auth0_elastic
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
 && pip --python /opt/auth0-elastic/bin/python install --no-deps --no-index wheels/*.whl

FROM python:3.11-slim-bookworm
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="auth0-elastic" \
      org.opencontainers.image.description="Auth0 logs in Elasticsearch or OpenSearch: complete, in ECS, each event exactly once." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11-slim-bookworm"
RUN groupadd --gid 1000 auth0-elastic \
 && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin auth0-elastic \
 && install -d -o 1000 -g 1000 -m 0700 /var/lib/auth0-elastic /var/lib/auth0-elastic/spool
COPY --from=build /opt/auth0-elastic /opt/auth0-elastic
ENV PATH=/opt/auth0-elastic/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AUTH0_ELASTIC_SPOOL_PATH=/var/lib/auth0-elastic/spool
WORKDIR /
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/auth0-elastic/spool
EXPOSE 8383
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('AUTH0_ELASTIC_MONITORING_LISTEN_PORT', '8384') + '/healthz', timeout=4)"]
ENTRYPOINT ["auth0-elastic"]
CMD ["serve"]
