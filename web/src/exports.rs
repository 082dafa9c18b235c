//! The functions that the page calls: memory for bytes, and one function that answers a question.
//!
//! The page writes the bytes of a text into memory from [`give`], calls [`ask`], reads the answer, and frees it
//! with [`take`]. All unsafe code of the repository is in this file.

#![expect(unsafe_code, reason = "a page passes texts by pointer and length")]

use std::cell::RefCell;

use crate::desk::Desk;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    /// Hands the text of a panic to the page, because a page has no standard error.
    fn host_panic(pointer: *const u8, length: usize);
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// Takes back the bytes that the page has filled in.
fn bytes(pointer: *mut u8, length: usize) -> Vec<u8> {
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the page passes a pointer from `give` with the length that it asked for, and passes it once.
    unsafe { Vec::from_raw_parts(pointer, length, length) }
}

/// Sends the texts of panics to the page. The page calls it first.
#[unsafe(no_mangle)]
pub extern "C" fn begin() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        // SAFETY: the page reads the bytes before it returns.
        unsafe { host_panic(text.as_ptr(), text.len()) };
    }));
}

/// Returns memory for so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn give(length: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast()
}

/// Frees the memory of an answer.
#[unsafe(no_mangle)]
pub extern "C" fn take(pointer: *mut u8, length: usize) {
    drop(bytes(pointer, length));
}

/// Answers a question in JSON, which may come with the bytes of a file. Returns `pointer << 32 | length` of the
/// answer.
#[unsafe(no_mangle)]
pub extern "C" fn ask(
    question: *mut u8,
    question_length: usize,
    file: *mut u8,
    file_length: usize,
) -> u64 {
    let question = bytes(question, question_length);
    let file = bytes(file, file_length);
    let answer = DESK.with_borrow_mut(|desk| desk.answer(&question, &file));
    let answer = answer.into_bytes().into_boxed_slice();
    let length = answer.len() as u64;
    let pointer = Box::into_raw(answer).cast::<u8>() as u64;
    (pointer << 32) | length
}
