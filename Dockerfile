# One image for web, worker and beat. Nothing in it runs as root.
FROM python:3.13-slim-trixie AS packages

ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
WORKDIR /build
RUN python -m venv /opt/venv

# The packages change seldom: a layer of their own.
COPY requirements/product.txt requirements/saml.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r product.txt -r saml.txt


FROM python:3.13-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH

# pg_dump and pg_restore, for manage.py backup and restore: of the release that the compose file runs.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin kianda \
    && install -d -o kianda -m 0700 /data /backups /files

COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The keys are for this step alone: settings ask for some, and nothing is encrypted here.
RUN python tools/languages.py && python -m compileall -q kianda datasources processes scheduler \
    && KIANDA_MODE=embedded KIANDA_DATA_DIR=/tmp/build KIANDA_STATIC_DIR=/app/staticfiles \
       python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build

USER kianda
ENV KIANDA_MODE=production KIANDA_DATA_DIR=/data KIANDA_STATIC_DIR=/app/staticfiles
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=4 CMD ["python", "manage.py", "health", "web"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "manage.py"]
CMD ["serve", "--only", "web"]
