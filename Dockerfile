# CPU image. For GPUs, build from an image with CUDA and a matching libtorch and the `cuda` preset.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN scripts/build.sh release

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      libtorch1.13 libopenblas0-pthread libcpp-httplib0.11 libspdlog1.10 libsentencepiece0 libprometheus-cpp-core1.0 \
      libssl3 zlib1g liblzma5 libhiredis0.14 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home uie
COPY --from=build /src/build/release/uie /src/build/release/libuie_spm.so /opt/uie/bin/
COPY models/default /opt/uie/models/default
COPY web /opt/uie/web
USER uie
EXPOSE 7860
ENTRYPOINT ["/opt/uie/bin/uie"]
CMD ["serve", "--host", "0.0.0.0"]
