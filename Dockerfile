# syntax=docker/dockerfile:1

ARG VERSION=0.1.0-dev

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY cmd cmd
COPY internal internal
ARG TARGETOS TARGETARCH VERSION REVISION BRANCH BUILD_DATE
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    info=github.com/prometheus/common/version && \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w \
      -X $info.Version=$VERSION -X $info.Revision=$REVISION -X $info.Branch=$BRANCH -X $info.BuildDate=$BUILD_DATE" \
      -o /image/root/bin/zoom-qos-exporter ./cmd/zoom-qos-exporter
RUN mkdir -p /image/root/etc/ssl/certs /image/data /image/tmp && \
    cp /etc/ssl/certs/ca-certificates.crt /image/root/etc/ssl/certs/ && \
    echo "exporter:x:65532:65532::/data:/bin/false" >/image/root/etc/passwd && \
    echo "exporter:x:65532:" >/image/root/etc/group

FROM scratch
ARG VERSION REVISION
LABEL org.opencontainers.image.title="zoom-qos-exporter" \
      org.opencontainers.image.description="Prometheus exporter of the quality of live Zoom meetings and webinars" \
      org.opencontainers.image.source="https://github.com/zoom-qos-exporter/zoom-qos-exporter" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY LICENSE /LICENSE
COPY --from=build /image/root /
# What was spent of the day's requests and the key of hashed labels last here.
COPY --from=build --chown=65532:65532 /image/data /data
# For --demo, which has a storage of its own.
COPY --from=build --chown=65532:65532 /image/tmp /tmp
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENV ZOOM_QOS_STORAGE_PATH=/data
VOLUME /data
EXPOSE 19666
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/bin/zoom-qos-exporter", "healthcheck"]
ENTRYPOINT ["/bin/zoom-qos-exporter"]
