# The platform as a container image: built with Swift's image for Debian 12, run on Debian 12's slim one, with the libraries as Debian packages.
# scripts/make-root assembles the same without an engine. `make image`, or: docker build -t dsotp:0.1.0 .
FROM docker.io/library/swift:6.3-bookworm AS build
WORKDIR /source
COPY scripts/install-packages scripts/
RUN apt-get update -q && scripts/install-packages build package
COPY . .
RUN --mount=type=cache,target=/source/.build,sharing=locked \
    make build && scripts/install-tree /tree && scripts/runtime-packages /tree > /packages

FROM docker.io/library/debian:bookworm-slim
RUN --mount=type=bind,from=build,source=/packages,target=/packages \
    apt-get update -q && DEBIAN_FRONTEND=noninteractive xargs -a /packages apt-get install -y -q --no-install-recommends && \
    rm -rf /var/lib/apt/lists/* /var/log/* && \
    groupadd -g 10001 dsotp && useradd -u 10001 -g dsotp -d /var/lib/dsotp -s /usr/sbin/nologin -M dsotp && \
    # Open to group 0 too, for clusters that run images as a user of their choice.
    install -d -m 770 -o 10001 -g 0 /var/lib/dsotp && install -d /opt/dsotp/plugins
COPY --from=build /tree/ /

ENV DSOTP_DATA=/var/lib/dsotp
USER 10001:10001
VOLUME /var/lib/dsotp
EXPOSE 1883 8080
# Ends in order on SIGTERM: what was accepted is stored and acknowledged.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/dsotp"]
# The default site makes an admin at the first start and prints its password once (docker logs).
CMD ["run", "/etc/dsotp/site", "--databus", "0.0.0.0:1883", "--gateway", "0.0.0.0:8080"]
