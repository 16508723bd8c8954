//! The macro that makes the GraphQL types of all node kinds' configs out of one table.

/// A config a kind: an object, an input, a member of the union and a field of the `@oneOf` input. All fields are
/// nullable, so that a half-drawn node can be saved. Both ways lead through the JSON of the definition's file form, so
/// that what a field holds is decided in one place.
macro_rules! configs {
    ($(
        $(#[doc = $doc:literal])*
        $kind:ident = $name:literal, $input:literal {
            $($(#[doc = $field_doc:literal])* $(#[serde($serde:meta)])? $field:ident: $type:ty,)*
        }
    )+) => { pastey::paste! {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, Default, async_graphql::SimpleObject, async_graphql::InputObject)]
            #[derive(serde::Serialize, serde::Deserialize)]
            #[graphql(input_name = $input)]
            #[serde(rename_all = "camelCase", default)]
            pub struct [<$kind Config>] {
                $($(#[doc = $field_doc])*
                #[serde(skip_serializing_if = "Option::is_none" $(, $serde)?)]
                $field: Option<$type>,)*
            }
        )+

        /// What a node's kind needs of it, by kind.
        #[derive(Clone, Debug, async_graphql::Union)]
        pub enum NodeConfig {
            $($kind([<$kind Config>]),)+
            Unknown(UnknownConfig),
        }

        /// What a node's kind needs of it: exactly one field, which is the kind.
        #[derive(Clone, Debug, async_graphql::OneofObject)]
        pub enum NodeConfigInput {
            $($(#[doc = $doc])*
            $kind([<$kind Config>]),)+
            /// A kind that this server does not know; kept as it is.
            Unknown(UnknownConfig),
        }

        impl NodeConfig {
            fn known(kind: &str, config: &serde_json::Value) -> Option<Self> {
                match kind {
                    $($name => serde::Deserialize::deserialize(config).ok().map(Self::$kind),)+
                    _ => None,
                }
            }
        }

        impl NodeConfigInput {
            fn parts(self) -> (String, serde_json::Value) {
                match self {
                    $(Self::$kind(config) => ($name.to_owned(), serde_json::json!(config)),)+
                    Self::Unknown(unknown) => unknown.parts(),
                }
            }
        }
    }};
}

pub(super) use configs;
