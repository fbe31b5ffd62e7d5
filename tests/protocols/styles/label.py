"""Ways in which models name a label.

`{L}` is the right label as the set spells it, `{l}` in lower case, `{U}` in capitals and `{C}` with a
capital; `{W}` and `{X}` are wrong ones.
"""

from __future__ import annotations

LABEL_SETS = (
    ("happy", "sad", "angry", "surprised"),
    ("positive", "negative", "neutral"),
    ("contradiction", "entailment", "neutral"),
    ("entailment", "not_entailment"),
    ("hip-hop", "classical music", "jazz", "rock"),
    ("defect", "no defect"),
    ("male", "female"),
    ("齐白石", "张大千", "徐悲鸿"),
    ("A minor", "C major", "G major"),
    ("0", "1", "2", "3"),
)

WORDINGS = (
    "{L}", "{l}", "{U}", "{C}", "{L}.", "{L}!", "{L},", "{L}。", "**{L}**", "*{L}*", "**{L}.**", "`{L}`",
    '"{L}"', "'{L}'", "“{L}”", "‘{L}’", "({L})", "[{L}]", "{{{L}}}", "<{L}>", "# {L}", "- {L}", "• {L}",
    "> {L}", "\n\n{L}\n", "{L}</s>", "{L}<|im_end|>", "「{L}」", "【{L}】", "$\\text{{{L}}}$",
    "\\boxed{{{L}}}", "\\boxed{{\\text{{{L}}}}}", "$\\boxed{{\\text{{{L}}}}}$",
    "The final answer is $\\boxed{{\\text{{{L}}}}}$.", "Answer: {L}", "Answer: {L}.", "Answer: **{L}**",
    "**Answer:** {L}", "**Answer: {L}**", "Answer:\n{L}", "### Answer\n{L}", "Answer = {L}", "Answer -> {L}",
    "Final answer: {L}", "FINAL ANSWER: {L}", "Final Answer: **{L}**.", "The answer is {L}.",
    "The answer is: {L}", "The answer is **{L}**.", "The answer is \"{L}\".", "The correct answer is {L}.",
    "My answer is {L}.", "So the answer is {L}.", "Therefore, the answer is {L}.",
    "The answer would be {L}.", "The answer should be {L}.", "Label: {L}", "label: {L}", "The label is {L}.",
    "The correct label is {L}.", "The most fitting label is \"{L}\".", "Category: {L}",
    "The category is {L}.", "Class: {L}", "The class is {L}.", "Classification: {L}", "Prediction: {L}",
    "Emotion: {L}", "Sentiment: {L}", "The sentiment is {L}.", "Relation: {L}", "Intent: {L}", "Result: {L}",
    "Output: {L}", "Response: {L}", "Type: {L}", "Genre: {L}", "It is {L}.", "It's {L}.", "This is {L}.",
    "I think it is {L}.", "I would say {L}.", "I'd go with {L}.", "I choose {L}.",
    "I would classify this as {L}.", "This can be classified as {L}.", "It belongs to the class {L}.",
    "Probably {L}.", "Definitely {L}.", "Most likely {L}.", "So, {L}.", "Therefore, {L}.",
    "In conclusion, {L}.", "Sure! {L}", "Sure! The answer is {L}.", "Okay, {L}.",
    "Based on the clip, it is {L}.", "The given input shows {L}.", "The best match is {L}.", "{L}, not {W}.",
    "{L} rather than {W}.", "Not {W} but {L}.", "It is not {W}. It is {L}.", "The answer is {L}, not {W}.",
    "{W} is wrong. The answer is {L}.", "{W}... wait, {L}.", "{W}. Wait, no, {L}.", "{W}? No, {L}.",
    "{W}. Correction: {L}", "Answer: {W}. Wait, no. Answer: {L}",
    "I first thought {W}, but the answer is {L}.", "Neither {W} nor {X}; the label is {L}.",
    "It might look like {W}, but the answer is {L}.", "{L}\n\nExplanation: the clip has it, unlike {W}.",
    "{L} because it fits.", "{L}, because it fits.", "{L}: because it fits.", "{L} - because it fits.",
    "{L}. It is not {W}.", "Answer: {L}\nReason: {W} does not fit.",
    "Answer: **{L}**. Because {W} does not fit.", "Let me think.\nIt is hard to say.\n{L}",
    "Let me think step by step. It may be {W}.\n\nAnswer: {L}",
    "The candidates are {W}, {X} and {L}. The answer is {L}.", "<think>{W}?</think>{L}",
    "<think>\nThe answer is {W}.\n</think>\n\n{L}", "maybe {W}</think>{L}", "[THINK]{W}[/THINK]{L}",
    "<thinking>{W}</thinking><answer>{L}</answer>", "<answer>{L}</answer>", "<answer>\n{L}\n</answer>",
    "◁think▷{W}◁/think▷{L}", "analysisMaybe {W}.assistantfinal{L}",
    "<|channel|>analysis<|message|>{W}<|end|><|start|>assistant<|channel|>final<|message|>{L}",
    "<SUMMARY>{W}</SUMMARY><REASONING>{X}</REASONING><CONCLUSION>{L}</CONCLUSION>",
    "<|begin_of_box|>{L}<|end_of_box|>", "<label>{L}</label>", '{{"label": "{L}"}}', "{{'label': '{L}'}}",
    '```json\n{{"label": "{L}"}}\n```', '{{"answer": "{L}", "explanation": "It is not {W}."}}',
    '{{"explanation": "It is not {W}.", "category": "{L}"}}', '{{"class": "{L}", "confidence": 0.9}}',
    '["{L}"]', "['{L}']", "```\n{L}\n```", '{{"emotion": "{L}"}}', '{{"prediction": "{L}"}}',
    "label = \"{L}\"", '{{"label": ["{L}"]}}', "\u200b{L}", "{L}\u200b", "\ufeff{L}", "\u00a0{L}\u00a0",
    "The answer is\u00a0{L}.", "Answer：{L}", "Answer : {L}", "{L}\ufe0f", "答案：{L}", "答案是{L}",
    "类别：{L}", "答案是“{L}”。", "正解は{L}です。", "정답: {L}", "Respuesta: {L}", "La respuesta es {L}.",
    "Réponse : {L}", "Antwort: {L}", "Die Antwort ist {L}.", "Ответ: {L}", "الإجابة: {L}", "उत्तर: {L}",
)  # fmt: skip

SENTENCES = (
    "The person seems {L}.", "The person appears to be {L}, not {W}.", "The person in the clip feels {L}.",
    "I'd classify it as \"{L}\".", "Based on the tone, the emotion is {L}.",
    "The dominant emotion here is {L}.", "Emotion label: {L}", "Predicted class: {L}",
    "Predicted label: {L}.", "Final label: {L}", "The correct category would be {L}.",
    "{L} (confidence: 0.9)", "{L} - 90%", "{L}: 0.9, {W}: 0.1", "{L}\n{L}", "{L} {L}",
    "Label = {L}", "Label is {L}", "=> {L}", "-> {L}", "**Label:** {L}", "**Label: {L}**", "*{L}*.",
    "The label: **{L}**", "Classification: **{L}**\n\nReasoning: {W} would be different.",
    "Class: {L}\nExplanation: not {W} or {X}.", "Rather than {W}, it is {L}.", "It's {L} instead of {W}.",
    "Not {W}, not {X}: {L}.", "It's clearly {L}, whereas {W} would be loud.",
    "While {W} is possible, {L} is the best label.", "Although it may look {W}, the label is {L}.",
    "Among {W}, {X} and {L}, the best is {L}.", "Options: {W}, {X}, {L}. Answer: {L}", "<b>{L}</b>",
    "<answer>{L}</answer> since {W} is off", "#{L}", "{L}。", "情感：{L}", "分类结果：{L}", "标签：{L}",
    "该情感是{L}。", "この感情は{L}です。", "감정은 {L}입니다.", "La emoción es {L}.", "L'émotion est {L}.",
    "Das Gefühl ist {L}.", "Эмоция: {L}", "The answer is {L}: it is not {W}.", "Answer - {L}",
    "answer is {L}", "{L} emotion", "{L} is the emotion.", "{L} is the correct label.", "{L} seems right.",
    "{L} fits best, {W} less so.",
)  # fmt: skip
STYLES = WORDINGS + SENTENCES

LETTERED = (
    "{K}", "({K})", "{K}.", "{K}. {L}", "({K}) {L}", "**{K}**", "**{K}. {L}**", "The answer is {K}.",
    "The answer is ({K}) {L}.", "Answer: {K}", "Option {K}", "\\boxed{{{K}}}", "<think>{J}</think>{K}",
    '{{"answer": "{K}"}}', "{k}", "Not {J} but {K}.", "정답은 {K}입니다.", "答案：{K}", "{L}",
    "The answer is {L}.", "{K}: {L}", "I choose {K}.", "{K}) {L}", "{J} is wrong, so {K}.",
)  # fmt: skip
"""Where the question lists the labels as lettered options: `{K}` is the right letter, `{k}` in lower case,
`{J}` another."""

REFUSED = (
    "",
    "{L} or {W}",
    "either {L} or {W}",
    "Both {L} and {W}",
    "{L}, {W}",
    "{L}/{W}",
    "<think>{L}",
    "analysisIt is {L}",
    "I don't know.",
    "none of them",
)
"""Answers that name no one label: they must not be read as one."""
