# The server, the CLI and the TUI. Database and broker are containers of their own, see compose.yml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
# Every package is checked against the lock file's hashes here; what the image needs of them is installed below.
RUN pip download --no-cache-dir --require-hashes --dest /wheels --requirement requirements.lock
COPY . .
RUN python -m venv /opt/plantops \
    && PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels /opt/plantops/bin/pip install --no-cache-dir ".[all]"

FROM python:3.11-slim-bookworm
COPY --from=build /opt/plantops /opt/plantops
RUN useradd --system --uid 10001 --home-dir /var/lib/plantops plantops \
    && install --directory --owner=plantops --group=plantops --mode=0700 /var/lib/plantops
ENV PATH=/opt/plantops/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PLANTOPS_DATA_DIR=/var/lib/plantops \
    PLANTOPS_HOST=0.0.0.0
USER plantops
VOLUME /var/lib/plantops
EXPOSE 8420
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away must not get the server restarted.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8420/healthz', timeout=2)"]
CMD ["plantops", "serve"]
