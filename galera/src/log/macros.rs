//! The macro that makes the lines out of their list.

/// The text between severity and message: the provider's lines, and the server's own about it, have `WSREP:
/// `.
macro_rules! prefix {
    (wsrep) => {
        "WSREP: "
    };
    (server) => {
        ""
    };
}

/// Makes [`LogLine`] from three lists: of lines without values, with one value, with named values.
macro_rules! log_lines {
    (
        unit { $($(#[$udoc:meta])* $unit:ident = $usev:ident $ulayer:ident $utext:literal;)* }
        tuple { $($(#[$tdoc:meta])* $tuple:ident($ttype:ty) = $tsev:ident $tlayer:ident $ttext:literal;)* }
        named { $($(#[$ndoc:meta])* $named:ident {
            $($field:ident: $type:ty => $codec:ident),+
        } = $nsev:ident $nlayer:ident $ntext:literal;)* }
    ) => {
        /// A line of a node's error log, without its time stamp.
        ///
        /// [`text`](Self::text) and [`parse`](Self::parse) are each other's inverse. Under each variant stands its
        /// text, with `{}` for the values in their order.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum LogLine {
            $($(#[$udoc])* #[doc = concat!("\n\n`", $utext, "`")] $unit,)*
            $($(#[$tdoc])* #[doc = concat!("\n\n`", $ttext, "`")] $tuple(
                #[doc = "The value in the text."] $ttype
            ),)*
            $($(#[$ndoc])* #[doc = concat!("\n\n`", $ntext, "`")] $named {
                $(#[doc = concat!("`", stringify!($field), "` of the text.")] $field: $type,)+
            },)*
        }

        impl LogLine {
            /// The number of kinds of lines, so that a test can tell that it has met them all.
            #[cfg(test)]
            pub(crate) const KINDS: usize =
                [$(stringify!($unit),)* $(stringify!($tuple),)* $(stringify!($named),)*].len();

            /// Returns the severity of the line.
            pub const fn severity(&self) -> Severity {
                match self {
                    $(Self::$unit => Severity::$usev,)*
                    $(Self::$tuple(_) => Severity::$tsev,)*
                    $(Self::$named { .. } => Severity::$nsev,)*
                }
            }

            /// Returns the line from the severity on, such as `[Note] WSREP: Received NON-PRIMARY.`
            pub fn text(&self) -> String {
                let prefix = match self {
                    $(Self::$unit => prefix!($ulayer),)*
                    $(Self::$tuple(_) => prefix!($tlayer),)*
                    $(Self::$named { .. } => prefix!($nlayer),)*
                };
                format!("[{}] {prefix}{self}", self.severity())
            }

            /// Reads a line from the severity on; `None` for one that is not among these.
            pub fn parse(text: &str) -> Option<Self> {
                let (severity, text) = text.strip_prefix('[')?.split_once("] ")?;
                let severity = Severity::from_word(severity)?;
                $(if severity == Severity::$usev
                    && text == concat!(prefix!($ulayer), $utext)
                {
                    return Some(Self::$unit);
                })*
                $(if severity == Severity::$tsev
                    && let Some([value]) = scan(concat!(prefix!($tlayer), $ttext), text).as_deref()
                    && let Some(value) = Plain::take(value)
                {
                    return Some(Self::$tuple(value));
                })*
                $(if severity == Severity::$nsev
                    && let Some([$($field),+]) =
                        scan(concat!(prefix!($nlayer), $ntext), text).as_deref()
                    && let ($(Some($field)),+,) =
                        ($(<$codec as Codec<$type>>::take($field)),+,)
                {
                    return Some(Self::$named { $($field),+ });
                })*
                None
            }
        }

        impl fmt::Display for LogLine {
            /// Returns the message alone, without `[Note] WSREP: `.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$unit => f.write_str($utext),)*
                    $(Self::$tuple(value) => f.write_str(&fill($ttext, &[Plain::put(value)])),)*
                    $(Self::$named { $($field),+ } => f.write_str(&fill($ntext, &[
                        $(<$codec as Codec<$type>>::put($field)),+
                    ])),)*
                }
            }
        }
    };
}

pub(super) use {log_lines, prefix};
