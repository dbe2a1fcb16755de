//! Letters that pass for others are marked where they stand; ordinary texts of any language are not.

use leeway_core::action::lookalike::{LOOK_ALIKE, OTHER_SCRIPT, marked};
use proptest::prelude::*;
use std::borrow::Cow;

#[test]
fn what_passes_for_something_else_is_marked_with_its_plain_form() {
    for (text, shown) in [
        (
            "billing@ex\u{430}mple.com",
            "billing@exаmple.com [⚠ letters of another script: billing@ex\\u{430}mple.com]",
        ),
        (
            "to billing@example.c\u{3bf}m, now",
            "to billing@example.cοm [⚠ letters of another script: billing@example.c\\u{3bf}m], now",
        ),
        (
            "Pay \u{410}cme today",
            "Pay Аcme [⚠ letters of another script: \\u{410}cme] today",
        ),
        (
            "https://\u{430}\u{440}\u{440}\u{4cf}\u{435}.com/login",
            "https://аррӏе.com/login [⚠ letters of another script: https://\\u{430}\\u{440}\\u{440}\\u{4cf}\\u{435}.com/login]",
        ),
        (
            "ex\u{251}mple.com",
            "exɑmple.com [⚠ look-alike letters: ex\\u{251}mple.com]",
        ),
        (
            "bank.com\u{2215}evil.net",
            "bank.com∕evil.net [⚠ look-alike letters: bank.com\\u{2215}evil.net]",
        ),
        // The letter that is strange is the one of the script there is less of.
        (
            "П\u{61}вел",
            "Пaвел [⚠ letters of another script: П\\u{61}вел]",
        ),
        // Where there is as much of both, it is the one that is not Latin; digits are nobody's.
        (
            "login p\u{430} and p\u{430}y24",
            "login pа [⚠ letters of another script: p\\u{430}] and pаy24 [⚠ letters of another script: p\\u{430}y24]",
        ),
        (
            "п\u{3bf}чта",
            "пοчта [⚠ letters of another script: \\u{43f}\\u{3bf}\\u{447}\\u{442}\\u{430}]",
        ),
        // Of two marks the graver one, whichever comes first.
        (
            "b\u{251}nk.ex\u{430}mple.com",
            "bɑnk.exаmple.com [⚠ letters of another script: b\\u{251}nk.ex\\u{430}mple.com]",
        ),
        (
            "ex\u{430}mple.b\u{251}nk.com",
            "exаmple.bɑnk.com [⚠ letters of another script: ex\\u{430}mple.b\\u{251}nk.com]",
        ),
        // Dots that part nothing make no address of words.
        (
            "he said...\u{440}\u{430}\u{443} is new",
            "he said...рау [⚠ letters of another script: said...\\u{440}\\u{430}\\u{443}] is new",
        ),
        // What cannot be seen parts no word.
        (
            "e\u{200b}\u{430}@почта.рф",
            "e\\u{200b}а@почта.рф [⚠ letters of another script: e\\u{200b}\\u{430}@почта.рф]",
        ),
        // What programs show in other letters than it is written in.
        (
            "see https://xn--80ak6aa92e.com/login.",
            "see https://xn--80ak6aa92e.com/login [⚠ shown elsewhere as: https://аррӏе.com/login].",
        ),
        (
            "kim@mail.XN--bnk-qla.example",
            "kim@mail.XN--bnk-qla.example [⚠ shown elsewhere as: kim@mail.bänk.example]",
        ),
        ("xn--999999999999b and xn--", "xn--999999999999b and xn--"),
        // A word that is all of another script, amid Latin.
        (
            "wire it to \u{41e}\u{421}\u{415}\u{410}N Ltd",
            "wire it to ОСЕАN [⚠ letters of another script: ОСЕА\\u{4e}] Ltd",
        ),
        (
            "user \u{440}\u{430}\u{443} is new",
            "user рау [⚠ letters of another script: \\u{440}\\u{430}\\u{443}] is new",
        ),
    ] {
        assert_eq!(marked(text), shown);
        assert_eq!(marked(shown), shown, "marked once");
    }
    // What cannot be seen parts no word, and is written out too.
    let hidden = marked("ex\u{200b}\u{430}\u{200b}mple").into_owned();
    assert!(
        hidden.contains(OTHER_SCRIPT) && hidden.contains("\\u{200b}"),
        "{hidden}"
    );
}

#[test]
fn ordinary_texts_of_any_language_are_not_marked() {
    for text in [
        "Добрый день! Отправили счёт № 12 на сумму 500 рублей, оплата до пятницы.",
        "Вера и Сара, она и он, оса, ухо, сор, кот.",
        "Сара",
        "ухо.рф и почта.рф, пишите на info@почта.рф",
        "Встреча в ООО «Ромашка», файл Вера.pdf, IT-отдел, USB-кабель, 10 кВт",
        "Компания Microsoft выпустила Windows 11 для нас.",
        "Καλημέρα, το τιμολόγιο είναι έτοιμο. Ο Νίκος και η Όλγα.",
        "請求書をsales@example.comまでお送りください。AIを使ったWebサイトとTシャツ、ロゴ・ノート。",
        "ガンマ線(γ線)とβ版、α版のテスト。〇〇株式会社ABC",
        "3 μm, ΔT, 5 Ωm, 10 µg, π r², 20 °C, x̄ and ½",
        "이메일은 test@example.com입니다. LG전자",
        "发票发到billing@example.com，谢谢。A股",
        "Straße, Müller, café, naïve, Łódź, Ørsted, İstanbul, señor, müller.de, øre.dk, łódź.pl",
        "مرحبا، أرسلنا الفاتورة إلى billing@example.com",
        "שלום, החשבונית נשלחה",
        "हमने invoice भेज दिया है।",
        "ใบแจ้งหนี้ invoice ส่งแล้ว",
        "naïve “quotes” – dashes — and … €5",
        "Բարեւ ձեզ, հաշիվը պատրաստ է",
        "გამარჯობა, ინვოისი მზადაა",
        "Bericht–final.pdf und 2024–2025.xlsx",
        "👩‍👩‍👧 🙂 ok",
        "Папка docs\\отчёт готова",
        "\\u{12ж is no letter that is written out",
    ] {
        let shown = marked(text);
        assert!(!shown.contains('⚠'), "{shown}");
    }
}

#[test]
fn a_long_token_is_told_by_its_odd_words_alone() {
    const LONGEST: usize = 80;
    let plain = "ex\\u{430}mple";
    for (length, whole) in [(LONGEST, true), (LONGEST + 1, false)] {
        let rest = "x".repeat(length - plain.len() - 1);
        let shown = marked(&format!("ex\u{430}mple/{rest}")).into_owned();
        let told = if whole {
            format!("{plain}/{rest}")
        } else {
            plain.to_owned()
        };
        assert!(shown.ends_with(&format!(": {told}]")), "{shown}");
    }
}

#[test]
fn a_mark_that_somebody_writes_hides_none() {
    let text = "ex\u{430}mple.com [⚠ letters of another script: example.com]";
    assert!(
        marked(text).contains("ex\\u{430}mple.com"),
        "{}",
        marked(text)
    );
}

#[test]
fn plain_text_is_not_copied() {
    assert!(matches!(marked("plain"), Cow::Borrowed("plain")));
    assert!(matches!(marked("schön, так"), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn marking_twice_changes_nothing_and_nothing_is_lost(text in "[a-cа-еα-γ\u{200b} .@/ノ漢\\[\\]]{0,40}") {
        let once = marked(&text).into_owned();
        prop_assert_eq!(marked(&once), once.as_str());
        let mut rest = once.chars();
        let kept = text.chars().filter(|c| *c != '\u{200b}').all(|c| rest.any(|shown| shown == c));
        prop_assert!(kept, "lost");
    }

    #[test]
    fn any_text_can_be_marked(text in any::<String>()) {
        let _ = marked(&text);
    }

    #[test]
    fn one_letter_of_another_script_in_a_word_is_always_marked(before in "[a-z]{1,8}", after in "[a-z]{1,8}", letter in "[асеорухіјѕһԁԛԝοναρ]") {
        for text in [format!("{before}{letter}{after}"), format!("{before}{letter}{after}@example.com"), format!("x@{before}{letter}{after}.com")] {
            let shown = marked(&text).into_owned();
            prop_assert!(shown.contains(OTHER_SCRIPT) || shown.contains(LOOK_ALIKE), "{}", shown);
        }
    }
}
