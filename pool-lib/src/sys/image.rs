//! The main executable as it lies in memory: where it begins, which build it is, and its functions as
//! offsets that hold in every process that runs the same file.
//!
//! Must not know what the functions do.

use std::ffi::c_void;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use nix::libc;

use super::function::{Entry, address_of, entry_at};

/// The main executable of this process.
pub(crate) struct Image {
    base: usize,
    /// Executable segments, as addresses.
    code: Vec<Range<usize>>,
    build_id: Option<Vec<u8>>,
}

impl Image {
    /// The image of this process, found once.
    pub(crate) fn main() -> &'static Image {
        static MAIN: OnceLock<Image> = OnceLock::new();
        MAIN.get_or_init(find_main)
    }

    /// Where `entry` lies, counted from the load base; `None` outside the main executable.
    pub(crate) fn offset_of(&self, entry: Entry) -> Option<u64> {
        let address = address_of(entry);
        self.is_code(address).then(|| (address - self.base) as u64)
    }

    /// The entry that [`offset_of`](Self::offset_of) called `offset` in a process that runs the
    /// same build; `None` when there is no code at that place.
    ///
    /// The handshake between pool and worker has compared [`identity`] before this is called.
    pub(crate) fn entry(&self, offset: u64) -> Option<Entry> {
        let address = self.base.checked_add(usize::try_from(offset).ok()?)?;
        // SAFETY: both processes run the same build (compared in the handshake), so an offset that
        // `offset_of` made from an `Entry` there is that `Entry` here.
        self.is_code(address).then(|| unsafe { entry_at(address) })
    }

    fn is_code(&self, address: usize) -> bool {
        self.code.iter().any(|segment| segment.contains(&address))
    }
}

/// A number that tells builds of this program apart: of the build-id where the linker made one,
/// else of the file's place, size and time.
pub(crate) fn identity() -> u64 {
    static IDENTITY: OnceLock<u64> = OnceLock::new();
    *IDENTITY.get_or_init(find_identity)
}

fn find_identity() -> u64 {
    let mut hasher = DefaultHasher::new();
    match &Image::main().build_id {
        Some(id) => id.hash(&mut hasher),
        None => match fs::metadata("/proc/self/exe") {
            Ok(file) => (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec())
                .hash(&mut hasher),
            // Without /proc the pool cannot start workers at all, and says so itself.
            Err(_) => 0.hash(&mut hasher),
        },
    }
    hasher.finish()
}

fn find_main() -> Image {
    let mut found: Option<Image> = None;
    // SAFETY: the callback matches the signature, reads only what it is given, and `data` is the
    // `Option<Image>` above, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(on_image), (&raw mut found).cast::<c_void>()) };
    found.expect("every process has a main executable")
}

/// Called for each image of the process; the first is the main executable.
unsafe extern "C" fn on_image(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    data: *mut c_void,
) -> libc::c_int {
    // SAFETY: the loader passes a valid description that nobody changes during the call.
    let info = unsafe { &*info };
    // SAFETY: the description says how many headers there are.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let base = info.dlpi_addr as usize;
    let segment = |header: &libc::Elf64_Phdr| {
        let start = base + header.p_vaddr as usize;
        start..start + header.p_memsz as usize
    };
    let code = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0)
        .map(segment)
        .collect();
    let build_id =
        headers.iter().filter(|header| header.p_type == libc::PT_NOTE).find_map(|header| {
            let place = segment(header);
            // SAFETY: a note segment is loaded and readable, and stays as it is while the image is loaded.
            let notes =
                unsafe { std::slice::from_raw_parts(place.start as *const u8, place.len()) };
            build_id_among(notes)
        });
    // SAFETY: `find_main` passes a pointer to its own `Option<Image>`.
    unsafe { *data.cast::<Option<Image>>() = Some(Image { base, code, build_id }) };
    1 // not 0: ends the iteration after the first image
}

/// The GNU build-id in a note segment, if there is one.
fn build_id_among(mut notes: &[u8]) -> Option<Vec<u8>> {
    const NT_GNU_BUILD_ID: u32 = 3;
    let word = |bytes: &[u8], at: usize| {
        Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
    };
    loop {
        let (name_len, len, kind) = (word(notes, 0)?, word(notes, 4)?, word(notes, 8)?);
        let name_end = 12_usize.checked_add(name_len)?;
        let start = name_end.checked_next_multiple_of(4)?;
        let end = start.checked_add(len)?;
        if kind == NT_GNU_BUILD_ID as usize && notes.get(12..name_end)? == b"GNU\0" {
            return Some(notes.get(start..end)?.to_vec());
        }
        notes = notes.get(end.checked_next_multiple_of(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::function::{Answer, Input};
    use super::*;

    fn ours(_: Option<u64>, _: &mut Input<'_>, _: &mut Answer) -> u8 {
        7
    }

    #[test]
    fn an_entry_is_found_again_by_its_offset() {
        let offset = Image::main().offset_of(ours).unwrap();
        let again = Image::main().entry(offset).unwrap();
        assert_eq!(again(None, &mut Input::default(), &mut Answer::default()), 7);
    }

    #[test]
    fn an_offset_outside_the_code_is_refused() {
        assert!(Image::main().entry(u64::MAX).is_none());
        assert!(Image::main().entry(u64::MAX / 4).is_none());
    }

    #[test]
    fn a_build_id_is_found_behind_other_notes() {
        let mut notes = Vec::new();
        for (kind, name, value) in [(1_u32, b"XYZ\0", [9_u8; 4]), (3, b"GNU\0", [1, 2, 3, 4])] {
            notes.extend(4_u32.to_ne_bytes());
            notes.extend(4_u32.to_ne_bytes());
            notes.extend(kind.to_ne_bytes());
            notes.extend(name);
            notes.extend(value);
        }
        assert_eq!(build_id_among(&notes), Some(vec![1, 2, 3, 4]));
        assert_eq!(build_id_among(&notes[..30]), None);
    }
}
