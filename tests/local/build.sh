#!/bin/sh
# build.sh FOLDER: llama.cpp's server into FOLDER/llama-server. Once, about eight minutes on two cores.
# Needs cmake, ninja and a C++17 compiler; its own downloads are switched off.
set -eu
lock=$(cd "$(dirname "$0")/../.." && pwd)/requirements/llama.txt
mkdir -p "$1"
cd "$1"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-python \
	--require-hashes --requirement "$lock" --dest . || {
	echo "the sources could not be had: see requirements/llama.txt" >&2
	exit 1
}
tar xzf llama_cpp_python-*.tar.gz
rm llama_cpp_python-*.tar.gz
cd llama_cpp_python-*/vendor/llama.cpp
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
	-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF \
	>/dev/null
cmake --build build --target llama-server
cd ../../..
strip -o llama-server llama_cpp_python-*/vendor/llama.cpp/build/bin/llama-server
rm -r llama_cpp_python-*
