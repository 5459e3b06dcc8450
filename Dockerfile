# One image for web and worker. Nothing in it may be written but /data, and it does not run as root.
FROM python:3.11-slim-bookworm AS packages
COPY requirements/app.lock requirements/many.lock /tmp/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/app.lock
RUN /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/many.lock

FROM python:3.11-slim-bookworm
# pg_dump, for `flask backup` where PostgreSQL holds the data
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin marmalade && install -d -o marmalade -m 700 /data
COPY --from=packages /venv /venv
WORKDIR /marmalade
COPY wsgi.py ./
COPY app app
COPY static static
COPY templates templates
RUN /venv/bin/python -m compileall -q app wsgi.py
ENV PATH=/venv/bin:$PATH FLASK_APP=wsgi INSTANCE_PATH=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER marmalade
VOLUME /data
EXPOSE 8000
CMD ["flask", "web"]
