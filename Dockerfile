# syntax=docker/dockerfile:1
# Two stages: the first builds and installs, the second holds the result alone.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# Every file comes in by its hash from the one lock there is, which is whole; from here on nothing else is fetched.
COPY requirements-dev.lock ./
RUN python -m pip wheel --quiet --no-deps --require-hashes --requirement requirements-dev.lock --wheel-dir /wheels \
    && python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --quiet --no-index --find-links /wheels build hatchling
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY jobs jobs
# Of what was fetched only what the program itself needs is installed.
RUN /opt/build/bin/python -m build --quiet --wheel --no-isolation --outdir /wheels \
    && python -m venv /opt/stickshaker \
    && /opt/stickshaker/bin/python -m pip install --quiet --no-index --find-links /wheels stickshaker

FROM python:3.11.14-slim-bookworm
ENV PATH=/opt/stickshaker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STICKSHAKER_HTTP_HOST=0.0.0.0 \
    STICKSHAKER_HTTP_PORT=8080
# A number, so that a cluster that wants no root can see it; nothing in the image is this user's to change.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin stickshaker
COPY --from=build /opt/stickshaker /opt/stickshaker
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["stickshaker"]
CMD ["run", "--role", "all"]
