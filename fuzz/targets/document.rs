#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leeway_fuzz::document(data));
