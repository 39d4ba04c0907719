# Unipic's web app, as a user without rights, with photos mounted read-only:
#   docker build -t unipic .
#   docker run -p 127.0.0.1:8501:8501 -v ~/Pictures:/photos:ro -v unipic:/data unipic
# It shows its address with the token it asks for; `docker logs` shows it again. `-e UNIPIC_TOKEN=...` sets another. To
# reach it from elsewhere: `-p 8501:8501 -e STREAMLIT_SERVER_ALLOWED_HOSTS="192.168.1.20 nas.lan"`, in a network you trust.
# With an NVIDIA GPU: docker build --build-arg TORCH= . takes torch from pip's own index, built for CUDA, 5 GB more.
FROM python:3.11-slim-bookworm

WORKDIR /app
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libimage-exiftool-perl \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
# Outside of the lock: the hashes of torch's wheels for CPUs are on PyTorch's own index alone, which could not be reached
# where the lock was made. What they need besides is in the lock.
ARG TORCH=https://download.pytorch.org/whl/cpu
RUN grep -E '^torch(vision)?==' requirements.txt > torch.txt \
    && pip install --no-cache-dir ${TORCH:+--index-url "$TORCH"} -r torch.txt

COPY . .
RUN python -m compileall -q src \
    && useradd --uid 1000 --create-home unipic \
    && mkdir -p /data /photos \
    && chown unipic: /data
USER unipic

ENV UNIPIC_DATA=/data UNIPIC_MODELS=/data/models UNIPIC_ROOTS=/photos PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
CMD ["streamlit", "run", "src/app.py", "--server.address=0.0.0.0"]
