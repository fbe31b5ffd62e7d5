"""Ways in which models end their working with a number.

`{N}` is the right number as the reference has it, `{S}` the same as the style writes numbers (a comma between
thousands), `{M}` a wrong one; `{O}` stands for a number that appears in the working.
"""

from __future__ import annotations

VALUES = ("0", "2", "7", "18", "72", "540", "9500", "123456", "-3", "0.5", "12.25", "1/2")

WORDINGS = (
    "{S}", "{S}.", "**{S}**", "`{S}`", '"{S}"', "({S})", "[{S}]", "${S}$", "\\({S}\\)", "\\[{S}\\]",
    "$${S}$$", "\\boxed{{{S}}}", "$\\boxed{{{S}}}$", "\\boxed{{\\text{{{S}}}}}", "\\boxed{{ {S} }}",
    "\\boxed {{{S}}}", "\\fbox{{{S}}}", "$\\boxed{{x = {S}}}$", "\\boxed{{{S}\\text{{ apples}}}}",
    "\\boxed{{{S} \\text{{ cm}}}}", "\\boxed{{\\${S}}}", "\\boxed{{{S}\\%}}", "\\boxed{{{S}^\\circ}}",
    "Final Answer: {S}", "Final Answer: {S}.", "Final answer: {S}", "FINAL ANSWER: {S}",
    "**Final Answer:** {S}", "**Final Answer: {S}**", "**Final Answer**: {S}", "**Final Answer**\n\n{S}",
    "### Final Answer\n{S}", "### Final Answer: {S}", "Final Answer:\n{S}", "Final Answer:\n\n{S}",
    "Final Answer: **{S}**", "Final Answer: ${S}$", "Final Answer: \\({S}\\)", "Final Answer: \\( {S} \\).",
    "Final Answer: \\[{S}\\]", "Final Answer: \\$ {S}", "Final Answer: \\${S}", "Final Answer: €{S}",
    "Final Answer: {S} dollars", "Final Answer: {S} apples", "Final Answer: {S} km/h",
    "Final Answer: {S} m/s", "Final Answer: {S} cm²", "Final Answer: {S} cm^2", "Final Answer: {S}%",
    "Final Answer: {S}\\%", "Final Answer: {S} percent", "Final Answer: {S}°", "Final Answer: {S}°C",
    "Final Answer: {S} kg", "Final Answer: {S}kg", "Final Answer: {S} hours",
    "Final Answer: {S} square meters", "Final Answer: x = {S}", "Final Answer: $x = {S}$",
    "Final Answer: \\boxed{{{S}}}", "Final Answer: $\\boxed{{{S}}}$",
    "Final Answer: The final answer is {S}. I hope it is correct.", "Final Answer: The answer is {S}.",
    "Final Answer: `{S}`", "Final Answer: \"{S}\"", "Final Answer: approximately {S}",
    "Final Answer: about {S}", "Final Answer - {S}", "Final Answer = {S}", "Final Answer {S}",
    "Final Answer: {S} units", "Final Answer: She has {S} apples left.",
    "Final Answer: It takes him {S} hours.", "The answer is {S}", "The answer is {S}.", "The answer is: {S}",
    "The answer is **{S}**.", "The answer is ${S}$.", "The answer is \\( {S} \\).",
    "The answer is:\n\n$$\n{S}\n$$", "The answer is:\n\n\\[\n{S}\n\\]",
    "The answer is {S}, in total, so the farmer earns that much.",
    "The answer is {S} because the rest was sold.", "The answer is {S}, since the rest was sold.",
    "The answer is {S} apples.", "The answer is {S}\\%.", "The answer is {S} km/h",
    "The final answer is {S}.", "The final answer is $\\boxed{{{S}}}$.", "The correct answer is {S}.",
    "So the answer is {S}.", "Therefore, the answer is {S}.", "Thus, the final answer is **{S}**.",
    "Answer: {S}", "Answer: {S}.", "**Answer:** {S}", "**Answer: {S}**", "ANSWER: {S}", "Answer:\n{S}",
    "### Answer\n\n{S}", "Answer = {S}", "#### {S}", "The rest is sold.\n#### {S}", "Ans: {S}",
    "We add them up.\n\n{S}", "We add {O} to it, which gives {S}.", "{O} + {O} = {S}",
    "Step 1: take {O}.\nStep 2: add the rest.\n\nFinal Answer: {S}",
    "Step 1: take {O}.\n\nTherefore, the answer is {S}.", "Take {O}. So the total is {S}.", "Total = {S}",
    "It costs \\${S}.", "x = {S}", "$x = {S}$", "x={S}", "x \\approx {S}",
    "Answer: {M}. Wait, no. Answer: {S}", "Final Answer: {M}\nCorrection: Final Answer: {S}",
    "The answer is {S}, not {M}.", "It is not {M}. The answer is {S}.", "<think>{M}?</think>{S}",
    "<think>\nThe answer is {M}.\n</think>\n\nFinal Answer: {S}", "maybe {M}</think>Final Answer: {S}",
    "[THINK]{M}[/THINK]{S}", "<thinking>{M}</thinking><answer>{S}</answer>", "<answer>{S}</answer>",
    "◁think▷{M}◁/think▷{S}", "analysisMaybe {M}.assistantfinalFinal Answer: {S}",
    "<|channel|>analysis<|message|>{M}<|end|><|start|>assistant<|channel|>final<|message|>{S}",
    "<CONCLUSION>{S}</CONCLUSION>", "<|begin_of_box|>{S}<|end_of_box|>", '{{"answer": "{S}"}}',
    "{{'answer': '{S}'}}", '```json\n{{"answer": "{S}"}}\n```',
    '{{"answer": "{S}", "explanation": "{O} and more"}}', '{{"final_answer": "{S}"}}',
    '{{"steps": ["{O}"], "final_answer": "{S}"}}', "```\n{S}\n```", "\u200b{S}", "Final Answer: \u200b{S}",
    "Final Answer:\u00a0{S}", "Final Answer：{S}", "Final Answer : {S}", "答案：{S}", "答案是{S}。",
    "最终答案：{S}", "正解は{S}です。", "정답은 {S}입니다.", "Respuesta: {S}", "Respuesta final: {S}",
    "Réponse : {S}", "Antwort: {S}", "Die Antwort ist {S}.", "Ответ: {S}", "Answer: {F}", "الإجابة: {A}",
)  # fmt: skip

SENTENCES = (
    "Therefore, Janet makes ${S} every day.", "So she has {S} left.", "Thus, x equals {S}.",
    "This gives us {S}.", "We get {S} as the result.", "The result is {S}.", "Result: {S}",
    "The solution is {S}.", "Solution: {S}", "The value is {S}.", "The value of x is {S}.",
    "Hence the total cost is \\${S}.", "The total is {S} dollars.", "= {S}", "... = {S}",
    "5 \\times 4 = 20, so the answer is \\boxed{{{S}}}", "**Answer**: {S}", "Answer: $\\boxed{{{S}}}$",
    "So the final answer is {S}", "The final answer is: {S}", "Final answer is {S}.", "final answer:{S}",
    "Final Answer: {S} [units]", "Final Answer: {S} (rounded)", "Final Answer: {S}; checked.",
    "Final Answer: {S}, since 4+4=8.", "Final Answer: {S}\n\nCheck: 4 + 4 = 8",
    "Final Answer: {S}\nLet me know if you need 2 more examples.",
    "The answer is {S}.\n\nNote: 2 steps were used.", "\\[ \\boxed{{{S}}} \\]",
    "The answer is $\\frac{{8}}{{4}} = {S}$", "$\\text{{Answer: }} {S}$", "Answer: {S} euros",
    "Answer: {S} meters", "Answer: {S} miles per hour", "Answer: {S} square feet", "Answer: {S} cups of tea",
    "Answer: {S}m²", "Final Answer: \\({S}\\) km", "Final Answer: ${S}$ apples",
    "Final Answer: \\text{{{S} apples}}", "Final Answer: ≈{S}", "Final Answer: roughly {S}",
    "Final Answer: **\\${S}**", "Final Answer: <b>{S}</b>", "最终答案是{S}。", "所以答案是{S}元。",
    "答案为{S}", "答：{S}", "因此，总共是{S}个。", "したがって、答えは{S}です。", "따라서 답은 {S}입니다.",
)  # fmt: skip
STYLES = WORDINGS + SENTENCES

WRITTEN = (
    ("9500", "$9{,}500"), ("9500", "9,500"), ("9500", "9 500"), ("9500", "9\u202f500"),
    ("9500", "9\u00a0500"), ("9500", "9\\,500"), ("9500", "9'500"), ("9500", "$9,500.00"),
    ("9500", "\\$9,500"), ("9500", "USD 9,500"), ("9500", "9,500 USD"), ("9500", "₹9,500"),
    ("9500", "9,500円"), ("1234", "1 234"), ("1234567", "1,234,567"), ("1234567", "1 234 567"),
    ("123456", "１２３４５６"), ("50", "50%"), ("50", "50 \\%"), ("50", "50 %"), ("50", "50٪"),
    ("12", "１２"), ("12", "١٢"), ("12", "१२"), ("0", "-0"), ("0", "0.0"), ("0", "-0.00"), ("7", "7.0"),
    ("7", "07"), ("7", "+7"), ("7", "7.00"), ("-3", "−3"), ("-3", "–3"), ("0.5", ".5"), ("0.5", "0.50"),
    ("1/2", "\\frac{1}{2}"), ("1/2", "\\dfrac{1}{2}"), ("1/2", "\\tfrac12"), ("1/2", "\\frac12"),
    ("1/2", "½"), ("1/2", "1 / 2"), ("-1/2", "-\\frac{1}{2}"), ("3/4", "\\frac{3}{4}\\text{ miles}"),
    ("500", "500 km/h"), ("500", "500\\text{ km/h}"), ("500", "500\\,\\mathrm{m}"),
    ("500", "500 \\text{m}^2"), ("500", "500 m²"), ("500", "500 m^2"), ("500", "500^\\circ"),
    ("500", "500°"), ("500", "500 °C"), ("500", "500 years old"), ("500", "about 500"), ("500", "≈ 500"),
    ("500", "~500"), ("500", "= 500"), ("500", "n = 500"), ("500", "\\text{500}"), ("500", "\\mathbf{500}"),
    ("500", "{500}"), ("1234.5", "1,234.5"), ("1234.5", "$1,234.50"), ("1234.5", "1 234.5"),
)  # fmt: skip
"""A number as the reference has it, and as answers write it."""

KEPT = (
    "3 hours 20 minutes",
    "5 million",
    "x + 2",
    "Room 12",
    "blue",
    "3:30 pm",
    "(2, 3)",
    "2x",
    "\\sqrt{2}",
    "10^6",
    "1, 2, 3",
    "between 3 and 5",
)
"""Answers that are no one number: they stay what they are."""

REFUSED = ("", "<think>{S}", "<think>Final Answer: {S}", "analysisThe answer is {S}", "[THINK]{S}")
