# The static program and nothing else. Build it first, then:
#   docker build --build-arg BINARY=target/x86_64-unknown-linux-musl/release/scanlift -t scanlift .
# A GitLab job needs a shell for its script: there, copy the program into the scanner's image instead, from this image
# or from the release (docs/guides/partner-onboarding.md).
FROM scratch
ARG BINARY
COPY --chmod=755 ${BINARY} /scanlift
COPY LICENSE-MIT LICENSE-APACHE /
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["/scanlift"]
