# The production image: one for web, worker, beat, relay and migrations; compose.yaml says which command each runs.
FROM python:3.12-slim-trixie AS build
WORKDIR /app
COPY requirements/production.txt requirements/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/production.txt
COPY eventhub eventhub
RUN find eventhub/translations -name '*.po' -execdir /venv/bin/pybabel --quiet compile -i {} -o messages.mo ';' \
 && /venv/bin/python -m compileall -q -j 0 -o 0 -o 2 --hardlink-dupes eventhub /venv/lib

FROM python:3.12-slim-trixie
# Backups are written and read by PostgreSQL's own programs, of the version that compose.yaml runs.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin eventhub \
 && install -d -o eventhub -g eventhub /data \
 && printf '#!/bin/sh\nexec python -m eventhub.cli "$@"\n' > /usr/local/bin/eventhub && chmod 755 /usr/local/bin/eventhub
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app/eventhub eventhub
COPY workers workers
COPY templates templates
COPY migrations migrations
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    EVENTHUB_ENV=production EVENTHUB_HOME=/data
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# -OO: a web worker keeps no docstrings in memory, of which the libraries have some 9 MB.
CMD ["python", "-OO", "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--host", "0.0.0.0", \
     "--port", "8000", "eventhub.wsgi:app"]
