# One image for web, worker and beat. Nothing in it runs as root.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
WORKDIR /app

RUN useradd --system --uid 10001 --home-dir /app kianda \
    && install -d -o kianda /data \
    && python -m venv /opt/venv

# The packages change seldom: a layer of their own.
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /tmp/requirements.txt \
    && pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt

COPY . .
RUN python -m compileall -q kianda datasources processes scheduler

USER kianda
ENV KIANDA_MODE=production KIANDA_DATA_DIR=/data
EXPOSE 8000
ENTRYPOINT ["python", "manage.py"]
CMD ["serve", "--only", "web"]
