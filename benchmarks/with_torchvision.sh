#!/usr/bin/env bash
# The model tests beside a working torchvision, which most users have and the test environment has not.
# Makes an environment of several GB in the folder it is given (or takes the one there), runs the tests of
# `hf:` models in it, and prints the table of families:
#   benchmarks/with_torchvision.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?the folder of the environment}
if [ ! -x "$folder/bin/python" ]; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 torchaudio transformers==5.24.0 \
    timm mistral-common num2words accelerate 'peft>=0.15' -e '.[hf,image,video,audio]' hypothesis
fi
"$folder/bin/python" -m pytest -q -p no:cacheprovider tests/models/test_documented_inputs.py \
  tests/models/test_families.py tests/models/test_transformers.py tests/models/test_padding.py \
  tests/models/test_answer_texts.py tests/models/test_mistral_common.py
"$folder/bin/python" -m tests.models.test_documented_inputs
