# The server as an image: docs/install.md. Its RUN lines are tested by scripts/test-image, in a fresh Debian and without a
# container engine: what only an engine does, such as the layers, USER and HEALTHCHECK, is not.
#
#   docker build --tag broadcast-server .
#   docker run --publish 8088:8088 --volume chat:/var/lib/broadcast-server broadcast-server

FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends \
    pkg-config libwebsockets-dev libwebsockets-evlib-uv libedit-dev libsqlite3-dev libnats-dev libssl-dev zlib1g-dev
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product broadcast-server
RUN install -D --strip .build/release/broadcast-server /image/broadcast-server

FROM debian:bookworm-slim
# The plugin is how libwebsockets waits for many sockets at once; no library names it.
RUN apt-get update && apt-get install --yes --no-install-recommends \
    ca-certificates libwebsockets17 libwebsockets-evlib-uv libuv1 libssl3 zlib1g libedit2 libsqlite3-0 libnats3.4 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 8088 --home-dir /var/lib/broadcast-server --create-home --shell /usr/sbin/nologin broadcast-server
COPY --from=build /image/broadcast-server /usr/bin/broadcast-server

USER broadcast-server
WORKDIR /var/lib/broadcast-server
VOLUME /var/lib/broadcast-server
ENV BROADCAST_SERVER_HOST=:: \
    BROADCAST_SERVER_STATE_DIR=/var/lib/broadcast-server \
    BROADCAST_SERVER_NO_LOG_FILE=true \
    BROADCAST_SERVER_LOG_MESSAGES=off
EXPOSE 8088
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["broadcast-server", "health"]
ENTRYPOINT ["broadcast-server"]
CMD ["start"]
