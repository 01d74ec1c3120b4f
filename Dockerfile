# The whole local stack in one image: LocalStack in host mode, MLflow, and what deploys to them.
#
# The base is any image with Node 20 or newer and Python 3.11 to 3.13; what else is needed is installed
# where it is missing. Where no registry can be reached, import one and name it:
#   debootstrap … base && tar -C base -c . | docker import - base:1
#   TITLEHOLDER_BASE=base:1 docker compose build
ARG BASE=node:22.20.0-bookworm
FROM ${BASE}
RUN (python3 -c 'import ensurepip' && git --version && ps --version) > /dev/null 2>&1 \
    || (apt-get update \
    && apt-get install --yes --no-install-recommends git procps python3-venv \
    && rm -rf /var/lib/apt/lists/*)
RUN useradd --create-home titleholder && mkdir /titleholder && chown titleholder /titleholder
USER titleholder
WORKDIR /titleholder
COPY --chown=titleholder . .
# Packages and virtual environments, from the same pinned lists as on a machine.
RUN node bin/setup.mjs
STOPSIGNAL SIGINT
CMD ["node", "bin/titleholder.mjs", "up"]
