# ArOps: web, worker, beat and migrate are the same image with different commands (docker-compose.yml).
FROM python:3.11-slim

# Pango draws the PDFs; everything else comes with the wheels.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .

ENV AROPS_ENV=production AROPS_VAR_DIR=/var/lib/arops
RUN useradd --system --uid 10001 --home-dir /var/lib/arops --create-home arops \
 && SECRET_KEY=only-for-collectstatic ALLOWED_HOSTS=localhost python manage.py collectstatic --noinput --skip-checks \
 && chown -R arops:arops /var/lib/arops

USER arops
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "arops.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
