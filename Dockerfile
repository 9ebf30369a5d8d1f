# The static program and nothing else. Build it first (BuildKit is needed for --chmod), then:
#   docker build --build-arg BINARY=target/x86_64-unknown-linux-musl/release/scanlift -t scanlift .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" scanlift convert trivy.json
#   docker run --rm --interactive --tmpfs /tmp scanlift convert - --output - < trivy.json > gl-container-scanning-report.json
# There is no /tmp in it: temporary files are made in /work, or where --tmpfs puts one; --read-only is no hindrance.
# A GitLab job needs a shell for its script: there, copy the program into the scanner's image instead, from this image
# or from the release (docs/guides/partner-onboarding.md).
FROM scratch
ARG BINARY
COPY --chmod=755 ${BINARY} /scanlift
COPY LICENSE-MIT LICENSE-APACHE /
LABEL org.opencontainers.image.title="scanlift" \
      org.opencontainers.image.source="https://gitlab.com/scanlift/scanlift" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["/scanlift"]
