"""Ways in which models give a number.

`{N}` is the right number in digits, `{W}` in words, `{S}` with a comma between thousands; `{M}` is a wrong
one, and `{P}` and `{Q}` are two parts whose sum is right.
"""

from __future__ import annotations

VALUES = (0, 1, 2, 3, 4, 5, 7, 10, 12, 21, 48, 100, 365, 1234)

WORDINGS = (
    "{N}", "{N}.", "{N}!", "{N},", "{N}。", "{N}.0", "{S}", "{S}.", "**{N}**", "*{N}*", "**{N}.**", "`{N}`",
    '"{N}"', "'{N}'", "“{N}”", "({N})", "[{N}]", "{{{N}}}", "# {N}", "- {N}", "> {N}", "\n\n{N}\n",
    "{N}</s>", "{N}<|im_end|>", "${N}$", "\\({N}\\)", "\\[{N}\\]", "$${N}$$", "「{N}」", "\\boxed{{{N}}}",
    "$\\boxed{{{N}}}$", "\\boxed{{\\text{{{N}}}}}", "\\boxed{{{N} \\text{{ dogs}}}}",
    "\\boxed{{{N}\\text{{ dogs}}}}", "\\boxed{{x = {N}}}", "The final answer is $\\boxed{{{N}}}$.", "{W}",
    "{W}.", "**{W}**", "{W} dogs.", "There are {W} dogs.", "The answer is {W}.", "{N} dogs", "{N} dogs.",
    "{N} dogs are in the image.", "{N} people", "There are {N} dogs.", "There are {N} dogs in the image.",
    "There are exactly {N} dogs.", "There are a total of {N} dogs.", "There are {N} dogs in total.",
    "In total, there are {N} dogs.", "A total of {N} dogs.", "Total: {N}", "Total = {N}", "**Total: {N}**",
    "The total is {N}.", "The total number of dogs is {N}.", "The number of dogs is {N}.",
    "Number of dogs: {N}", "Count: {N}", "The count is {N}.", "I count {N} dogs.", "I counted {N}.",
    "I can see {N} dogs.", "I see {N} dogs in the picture.", "The image shows {N} dogs.",
    "The image contains {N} dogs.", "It shows {N} dogs.", "Approximately {N}.", "About {N} dogs.",
    "Around {N}", "~{N}", "≈ {N}", "= {N}", "×{N}", "Exactly {N}.", "Answer: {N}", "Answer: {N}.",
    "Answer: **{N}**", "**Answer:** {N}", "**Answer: {N}**", "Answer:\n{N}", "### Answer\n{N}",
    "Answer = {N}", "Answer -> {N}", "Final answer: {N}", "FINAL ANSWER: {N}", "Final Answer: **{N}**.",
    "The answer is {N}.", "The answer is: {N}", "The answer is **{N}**.", "The answer is \"{N}\".",
    "The correct answer is {N}.", "My answer is {N}.", "So the answer is {N}.",
    "Therefore, the answer is {N}.", "The answer would be {N}.", "The answer should be {N}.",
    "The answer is {N} dogs.", "The answer is \\( {N} \\).", "The answer is:\n\n$$\n{N}\n$$",
    "The answer is {N}, in total, as I said.", "So, {N}.", "Therefore, {N}.", "Thus there are {N} dogs.",
    "Hence {N}.", "In conclusion, {N}.", "Result: {N}", "Output: {N}", "Response: {N}", "Prediction: {N}",
    "I would say {N}.", "I think there are {N}.", "I think it's {N}.", "It is {N}.", "It's {N}.",
    "Sure! {N}", "Sure! There are {N} dogs.", "Okay, {N}.", "Based on the image, there are {N} dogs.",
    "Looking closely, I find {N} dogs.", "{P} + {Q} = {N}",
    "{P} on the left and {Q} on the right, so {N} in total.",
    "There are {P} on the left and {Q} on the right, {N} in total.",
    "There are {N} dogs ({P} brown and {Q} white).", "{N} dogs: {P} brown and {Q} white.",
    "I count {P} brown dogs and {Q} white dogs. Total: {N}",
    "There are {P} brown dogs and {Q} white ones. In total {N}.",
    "**{N}**\n\nThere are {P} on the left and {Q} on the right.",
    "{N}\n\nExplanation: {P} on the left, {Q} on the right.",
    "{N}. There are {P} on the left and {Q} on the right.", "Answer: {N}\nReason: {P} left, {Q} right.",
    "Answer: **{N}**. Because {P} are left and {Q} right.", "Left: {P}\nRight: {Q}\nTotal: {N}",
    "- Left: {P}\n- Right: {Q}\n\nThe answer is {N}.", "First I see {P}. Then {Q} more. Answer: {N}",
    "Not {M} but {N}.", "{N}, not {M}.", "The answer is {N}, not {M}.", "{M}... wait, {N}.",
    "{M}. Wait, no, {N}.", "{M}? No, {N}.", "{M}. Correction: {N}", "Answer: {M}. Wait, no. Answer: {N}",
    "I first thought {M}, but the answer is {N}.", "It is not {M}. It is {N}.", "{N} rather than {M}.",
    "It looks like {M}, but there are {N}.", "Let me count again: {M}, no, {N}.",
    "I counted {M} at first. Actually, there are {N}.", "<think>{M}?</think>{N}",
    "<think>\nThe answer is {M}.\n</think>\n\n{N}", "maybe {M}</think>{N}", "[THINK]{M}[/THINK]{N}",
    "<thinking>{M}</thinking><answer>{N}</answer>", "<answer>{N}</answer>", "<answer>\n{N}\n</answer>",
    "◁think▷{M}◁/think▷{N}", "analysisMaybe {M}.assistantfinal{N}",
    "<|channel|>analysis<|message|>{M}<|end|><|start|>assistant<|channel|>final<|message|>{N}",
    "<SUMMARY>{M}</SUMMARY><REASONING>{M}</REASONING><CONCLUSION>{N}</CONCLUSION>",
    "<|begin_of_box|>{N}<|end_of_box|>", '{{"answer": {N}}}', '{{"answer": "{N}"}}', "{{'count': {N}}}",
    '{{"count": {N}}}', '```json\n{{"count": {N}}}\n```',
    '{{"answer": {N}, "explanation": "{P} left and {Q} right"}}',
    '{{"explanation": "{P} left and {Q} right", "answer": {N}}}', '{{"number": {N}, "confidence": 0.9}}',
    '{{"answer": "{N} dogs"}}', "```\n{N}\n```", '{{"total": {N}}}', "count = {N}", "\u200b{N}", "{N}\u200b",
    "\ufeff{N}", "\u00a0{N}\u00a0", "The answer is\u00a0{N}.", "Answer：{N}", "Answer : {N}", "{F}", "{A}",
    "{D}", "答案：{N}", "答案是{N}。", "{N}个", "{N}只狗", "一共有{N}只狗。", "图中有{N}只狗。", "共{N}个。",
    "总共{N}个。", "正解は{N}です。", "{N}匹です。", "{N}人", "정답은 {N}입니다.", "{N}마리입니다.", "{N}명",
    "Respuesta: {N}", "Hay {N} perros.", "La respuesta es {N}.", "Il y a {N} chiens.", "Réponse : {N}",
    "Es gibt {N} Hunde.", "Antwort: {N}", "Ответ: {N}", "الإجابة: {A}", "उत्तर: {D}",
    "There are {N} (not {M}) dogs.",
)  # fmt: skip

SENTENCES = (
    "There appear to be {N} dogs.", "I'd estimate {N}.", "Approximately {N} people are visible.",
    "There are around {N} dogs in the scene.", "The picture has {N} dogs",
    "Upon counting, there are {N} dogs.", "After careful counting, the total number is {N}.",
    "My count is {N}.", "The final count is {N}.", "Final count: {N}", "Total count: **{N}**",
    "Total dogs: {N}", "Dogs: {N}", "dogs = {N}", "Answer: {N} dogs", "The answer is: **{N}** dogs.",
    "Let me count: 1, 2, 3... The total is {N}.", "1. one dog\n2. another dog\n\nSo there are {N} dogs.",
    "Row 1: 2\nRow 2: 3\nTotal: {N}", "In the 3 rows there are {N} dogs.",
    "Of the 50 animals, {N} are dogs.", "{N} out of 50", "{N} of them", "At least {N}", "<b>{N}</b>",
    "\\text{{{N}}}", "\\boxed{{{N}}} dogs", "**{N} dogs**", "Answer={N}", "({N} dogs)",
    "Image 1 shows {N} dogs.", "In frame 1, I see {N} dogs.", "There are {N} dogs in the 2nd image.",
    "The 3D scene holds {N} dogs.", "{N}\n{N}", "{N} {N}", "约{N}", "大约{N}只", "有{N}只", "数量为{N}",
    "数量：{N}", "总数是{N}", "{N}개", "총 {N}명", "全部で{N}匹", "合計{N}", "Son {N}.",
    "Hay un total de {N} perros.", "Ils sont {N}.", "Es sind {N}.", "Всего {N}.", "Их {N}.", "العدد هو {N}",
    "कुल {N}",
)  # fmt: skip
STYLES = WORDINGS + SENTENCES

REFUSED = (
    "",
    "I don't know.",
    "many",
    "several",
    "<think>{N}",
    "analysisI count {N}",
    "The number cannot be determined.",
    "Sorry, I cannot see the image.",
    "[THINK]There are {N}",
)
