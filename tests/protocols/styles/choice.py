"""Ways in which models choose an option.

`{L}` is the right letter and `{l}` the same in lower case, `{T}` its text; `{W}` and `{X}` are wrong
letters, `{w}` is the text of `{W}`.
"""

from __future__ import annotations

OPTION_SETS = (
    ("a red car", "the blue boat", "green trees", "a dog running", "nothing at all"),
    ("happy", "sad", "angry", "afraid", "surprised"),
    ("12", "15", "18", "20", "24"),
    ("苹果", "香蕉", "樱桃", "葡萄", "西瓜"),
    ("It rained all day.", "The team was tired.", "A storm came.", "I was late.", "No one knew it."),
)

BARE = (
    "{L}", "{l}", "{L}.", "({L})", "({l})", "{L})", "[{L}]", "{{{L}}}", "<{L}>", '"{L}"', "'{L}'", "“{L}”",
    "`{L}`", "**{L}**", "*{L}*", "__{L}__", "***{L}***", "**({L})**", "**{L}.**", "# {L}", "- {L}", "• {L}",
    "> {L}", "1. {L}", "{L}\n", "\n\n{L}", "{L}!", "{L} ", "{L};", "{L}。", "（{L}）", "【{L}】", "「{L}」",
    "$${L}$$", "\\({L}\\)", "{L}</s>", "{L}<|im_end|>", "{L}<|eot_id|>\n<|start_header_id|>user",
    "Option {L}", "option {l}", "Choice {L}", "Option ({l})", "(Option {L})", "Letter {L}", "{L}: {T}",
    "{L}. {T}", "({L}) {T}", "{L}) {T}", "**{L}. {T}**", "{L} - {T}", "{L} – {T}", "{L} — {T}", "{L}, {T}",
    "{L} ({T})", "{L}\n{T}", "{T}", "{T}.", "**{T}**", '"{T}"', "({L}) - {T}", "{L}、{T}", "{L}：{T}",
    "{T} ({L})",
)  # fmt: skip

PHRASES = (
    "The answer is {L}", "The answer is {L}.", "The answer is ({L}).", "The answer is: {L}",
    "The answer is **{L}**.", "The answer is option {L}.", "The correct answer is {L}. {T}",
    "The correct answer is **{L}: {T}**", "Answer: {L}", "Answer: **{L}**", "**Answer:** {L}",
    "**Answer: {L}**", "Answer: ({L})", "Answer:\n{L}", "### Answer\n{L}", "## Final Answer: {L}",
    "Final answer: {L}", "FINAL ANSWER: {L}", "Final Answer: The final answer is {L}. I hope it is correct.",
    "Answer {L}", "ANSWER {L}", "Answer = {L}", "Answer -> {L}", "Answer → {L}", "My answer is {L}.",
    "The best answer is {L}.", "The right answer is {L}", "Correct answer: {L}", "Correct option: {L}",
    "The correct option is {L}.", "The correct choice is {L}.", "The correct option is ({L}) {T}.",
    "Correct Answer: {L}. {T}", "The answer would be {L}.", "The answer should be {L}.",
    "The answer must be {L}.", "I choose {L}.", "I would choose {L}.", "I'd go with {L}.",
    "I will go with option {L}.", "I pick {L}", "I select option {L}.", "I think the answer is {L}.",
    "I think it's {L}.", "I believe the answer is {L}.", "It is {L}.", "It's {L}.", "It's option {L}.",
    "{L} is correct.", "{L} is the correct answer.", "{L} is right.", "{L} is the answer.",
    "{L} is the best choice.", "Option {L} is correct.", "Option {L} is the correct answer.",
    "Option {L}: {T}", "Option {L} is the best fit.", "({L}) is correct.", "{L} seems right.", "{L} it is.",
    "Definitely {L}.", "Probably {L}.", "Likely {L}.", "Choose {L}.", "Select {L}.", "Selected: {L}",
    "Selected option: {L}", "Choice: {L}", "My choice: {L}", "Prediction: {L}", "Output: {L}",
    "Response: {L}", "Result: {L}", "Label: {L}", "Ans: {L}", "Ans. {L}", "A: {L}", "Solution: {L}",
    "Conclusion: {L}", "Therefore, {L}.", "So, the answer is {L}.", "So the answer is {L}", "Hence {L}.",
    "Thus, the correct answer is {L}.", "Therefore, option {L} is correct.",
    "Therefore, the answer is option {L}: {T}.", "∴ {L}", "\\boxed{{{L}}}", "$\\boxed{{{L}}}$",
    "\\boxed{{\\text{{{L}}}}}", "\\boxed{{({L})}}", "\\boxed{{\\textbf{{({L})}}}}", "\\boxed{{{L}. {T}}}",
    "\\boxed{{\\text{{{L}. {T}}}}}", "\\boxed{{\\mathrm{{{L}}}}}", "The final answer is $\\boxed{{{L}}}$.",
    "\\fbox{{{L}}}", "\\text{{{L}}}", "The answer is $\\text{{({L})}}$", "\\boxed {{{L}}}",
    "$\\boxed{{\\mathbf{{{L}}}}}$", "Sure! The answer is {L}.", "Okay, {L}.",
    "Based on the image, the answer is {L}.", "Looking at the picture, I would say {L}.",
    "The statement that fits best is {L}.", "The most likely answer is {L}.",
    "The most appropriate option is {L}.", "The answer to the question is {L}.",
    "Among the options, {L} fits best.", "Of these, {L} is the most plausible.",
    "The picture shows {T}, so the answer is {L}.", "The correct letter is {L}.", "Letter: {L}",
    "{L} because it fits.", "{L}, because it fits.", "{L} since it fits.", "{L}\n\nBecause it fits best.",
    "{L}\n\nExplanation: It fits best.", "{L}. Because it fits.",
    "**{L}**\n\n**Explanation:** A person can see it.", "Answer: **{L}**. Because A person can see it.",
    "Answer: {L}\nReason: a closer look shows it.", "Answer: {L}. {T}\n\nReason: I saw it.",
    "The answer is {L} because of what I saw.", "The answer is {L}, as I see it.",
)  # fmt: skip

REASONED = (
    "<think>{W}? No.</think>{L}", "<think>\nThe answer is {W}.\n</think>\n\n{L}",
    "The answer is {W}? No.</think>{L}", "[THINK]{W} or {X}[/THINK]{L}",
    "<thinking>{W}</thinking><answer>{L}</answer>", "<answer>{L}</answer>", "<answer>\n{L}. {T}\n</answer>",
    "◁think▷{W}◁/think▷{L}", "analysisMaybe {W}.assistantfinal{L}",
    "<|channel|>analysis<|message|>{W}<|end|><|start|>assistant<|channel|>final<|message|>{L}",
    "<SUMMARY>{W}</SUMMARY><REASONING>{X}</REASONING><CONCLUSION>{L}</CONCLUSION>",
    "<|begin_of_box|>{L}<|end_of_box|>", "<reasoning>{W}</reasoning>\n<answer>({L})</answer>",
    "Let me think step by step.\n\n1. The picture is clear.\n2. It shows much.\n\nAnswer: {L}",
    "Let's think.\nIt is hard.\n{L}", "Step 1: I look.\nStep 2: I decide.\n\n**Final Answer: {L}**",
    "Not {W} but {L}.", "{W} is wrong, so {L}.", "{W} is wrong. {L} is right.",
    "{W} and {X} are wrong, so the answer is {L}.", "It is not {W}. It is {L}.",
    "I first thought {W}, but the answer is {L}.", "{W}... wait, {L}.", "{W}. Wait, no, {L}.",
    "{W}? No, {L}.", "{W} — actually, {L}.", "Answer: {W}. Wait, no. Answer: {L}",
    "The answer is {W}. Hmm, actually the answer is {L}.", "\\boxed{{{W}}} no, \\boxed{{{L}}}",
    "The answer is {L}, not {W}.", "{L}, not {W}.", "{L} rather than {W}.",
    "The answer is {L} rather than {W}.", "Option {W} can be ruled out. Option {L} fits.",
    "{W} does not fit, {L} does.", "{L} fits better than {W}.", "Neither {W} nor {X} fits; {L} does.",
    "{W} is incorrect because it is not shown.\n{X} is incorrect too.\nThe correct answer is {L}.",
    "- {W}: wrong\n- {X}: wrong\n- {L}: correct", "{W}: incorrect\n{L}: correct\n{X}: incorrect",
    "The options {W} and {X} are not right. The answer: {L}", "不是{W}，而是{L}。", "不选{W}，选{L}。",
    "{W}错误，{L}正确。", "A不对".replace("A", "{W}") + "，答案是{L}", "排除{W}和{X}，选{L}。",
    "No es {W}, sino {L}.", "Nicht {W}, sondern {L}.", "Ce n'est pas {W} mais {L}.",
    "{W}가 아니라 {L}입니다.", "{W}ではなく{L}です。", "Не {W}, а {L}.", "❌ {W}\n✅ {L}",
    "{W} ❌\n{L} ✅\n{X} ❌", "{W}: not correct\n{L}: correct",
    "{W} is possible, but {L} is the best answer.", "{W} may look right, but the answer is {L}.",
    "Although {W} is close, {L} is the correct answer.",
    "At first glance {W}, but on closer inspection the answer is {L}.", "{W}. Oops, I meant {L}.",
    "{W}. Actually, {L}.", "{W}. Actually the answer is {L}.", "Correction: {L}", "Sorry, I meant {L}.",
    "{W}\nCorrection: {L}",
)  # fmt: skip

DATA = (
    '{{"answer": "{L}"}}', "{{'answer': '{L}'}}", '```json\n{{"answer": "{L}"}}\n```',
    '{{"answer": "{L}", "explanation": "A person would see it, not {W}."}}',
    '{{"explanation": "{W} is wrong.", "answer": "{L}"}}', '{{"choice": "{L}"}}',
    '{{"option": "{L}", "confidence": 0.9}}', '{{"answer": "{L}. {T}"}}', '{{"answer": "({L})"}}',
    '{{"Answer": "{L}"}}', '{{"final_answer": "{L}"}}', '{{"reasoning": "Maybe {W}.", "answer": "{L}"}}',
    '["{L}"]', "['{L}']", '{{"letter": "{L}"}}', '{{"answer": ["{L}"]}}', "answer: {L}", "```\n{L}\n```",
    "```json\n{{\n  \"thought\": \"A look at {W} shows nothing.\",\n  \"answer\": \"{L}\"\n}}\n```",
    "{{answer: {L}}}", "<option>{L}</option>", "<choice>{L}</choice>", "answer = \"{L}\"",
    "| Answer | {L} |", '{{"answer": "{L}", "explanation": "The correct answer is not {W} because A fox ran',
    '{{"answer":"{L}","why":"The answer is {W} in other cases."}}',
    "Here is the JSON:\n```json\n{{\"answer\": \"{L}\", \"reason\": \"Answer: {W} is a trap\"}}\n```",
)  # fmt: skip

LANGUAGES = (
    "答案是{L}", "答案：{L}", "答案是：{L}。", "答案为{L}", "正确答案是{L}。", "正确答案：{L}", "选{L}",
    "选择{L}", "选项{L}", "我选{L}。", "应该选{L}", "因此，答案是{L}。", "所以选{L}。", "故选：{L}",
    "故选{L}.", "{L}是正确的。", "选项{L}正确。", "正确选项是{L}", "综上所述，答案选{L}。",
    "{L}。因为它最合适。", "正解はBです。".replace("B", "{L}"), "答えは{L}です。", "答え：{L}", "正解：{L}",
    "正解は「{L}」です。", "{L}です。", "{L}が正解です。", "選択肢{L}が正しいです。",
    "したがって、正解は{L}です。", "回答：{L}", "정답은 {L}입니다.", "정답: {L}", "답은 {L}입니다.",
    "정답은 ({L})입니다.", "{L}입니다.", "{L}가 정답입니다.", "{L}이 맞습니다.", "따라서 정답은 {L}이다.",
    "답: {L}", "정답은 {L}번입니다.", "La respuesta es {L}.", "La respuesta correcta es {L}.",
    "Respuesta: {L}", "La opción correcta es {L}.", "La opción {L} es correcta.", "La réponse est {L}.",
    "La bonne réponse est {L}.", "Réponse : {L}", "La réponse correcte est l'option {L}.",
    "Die Antwort ist {L}.", "Antwort: {L}", "Die richtige Antwort ist {L}.", "Richtig ist {L}.",
    "Option {L} ist richtig.", "A resposta é {L}.", "Resposta: {L}", "A resposta correta é {L}.",
    "La risposta è {L}.", "Risposta: {L}", "La risposta corretta è {L}.", "Ответ: {L}",
    "Правильный ответ: {L}", "Правильный ответ — {L}.", "Ответ {L}.", "الإجابة: {L}", "الإجابة هي {L}",
    "الجواب الصحيح هو {L}.", "الإجابة الصحيحة هي ({L}).", "उत्तर: {L}", "सही उत्तर {L} है।", "उत्तर {L} है।",
    "Đáp án: {L}", "Đáp án đúng là {L}.", "คำตอบคือ {L}", "คำตอบ: {L}", "Jawaban: {L}",
    "Jawabannya adalah {L}.", "Cevap: {L}", "Doğru cevap {L}.", "Odpowiedź: {L}", "Het antwoord is {L}.",
    "Antwoord: {L}", "Svar: {L}",
)  # fmt: skip

SIGNS = (
    "\u200b{L}", "{L}\u200b", "\ufeff{L}", "{L}\u00a0", "\u00a0{L}", "The answer is\u00a0{L}.",
    "The answer is \u200b{L}\u200b.", "\u2060{L}", "\u200e{L}\u200f", "Answer\u200b: {L}", "Answer：{L}",
    "Answer :{L}", "Answer  :  {L}", "ANSWER:{L}", "answer:{L}", "‎{L}.", "{L}\ufe0f", "\u202a{L}\u202c",
    "The\u00a0answer\u00a0is\u00a0{L}", "The answer is “{L}”.", "The answer is ‘{L}’.",
    "The answer is '{L}'", 'The answer is "{L}"', "{L}\r\n", "{L}\u3000{T}",
)  # fmt: skip

STYLES = BARE + PHRASES + REASONED + DATA + LANGUAGES + SIGNS

REFUSED = (
    "", "A or B", "A and B", "A, B", "A/B", "A & B", "Either A or B.", "Both A and B.",
    "A or B, I am not sure.", "The answer is A or B.", "The answer is A and C.", "Answer: A, C",
    "It could be A or C.", "A and C are both correct.", "(A) and (C)", "A. happy or B. sad", "happy or sad",
    "not A", "The answer is not A.", "It is neither A nor B.", "A is wrong.", "None of A, B, C, D or E.",
    "None of the above.", "The answer is F.", "F", "\\boxed{F}", "Z", "A happy dog or a sad one",
    "I don't know.", "I do not know the answer.", "I cannot see the image.",
    "Sorry, I can't help with that.", "?", "...", "N/A", "<think>A", "<think>The answer is A.",
    "<think>\\boxed{A}", "[THINK]A", "◁think▷A", "analysisThe answer is A",
    "<|channel|>analysis<|message|>A", "<SUMMARY>A", "<SUMMARY>x</SUMMARY><REASONING>A",
    "<|begin_of_thought|>A", "<seed:think>A", "<think>A</think>", "A或B", "A和B都对", "A、B", "不是A",
    "\\boxed{A, B}", "\\boxed{A} and \\boxed{B}", '{"answer": ["A", "B"]}',
    '{"answer": "A"}\n{"answer": "B"}', "A\nB\nC\nD\nE", "A, B, C, D, E", "A dog", "I",
    "The options are A, B, C, D and E.", "A: correct\nB: correct",
)  # fmt: skip
"""Answers that name no option, several, or one that there is not."""
