//! Functions of several arguments, called with a tuple.
//!
//! Must not know how the tuple got here.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::function::{Work, assert_no_captures};
use crate::sys::conjure;

/// A function of one to twelve arguments that can be called with a tuple of them.
///
/// Implemented for every function item and every closure without captures; there is nothing to
/// implement yourself.
pub trait StarFn<Args>: Copy + 'static {
    /// What the function returns.
    type Output;

    /// Calls the function with the fields of `args` in their order.
    fn call_with(self, args: Args) -> Self::Output;
}

macro_rules! star {
    ($($A:ident)+) => {
        impl<Func, $($A,)+ R> StarFn<($($A,)+)> for Func
        where
            Func: Fn($($A),+) -> R + Copy + 'static,
        {
            type Output = R;

            fn call_with(self, args: ($($A,)+)) -> R {
                #[expect(non_snake_case, reason = "the names of types serve as names of variables")]
                let ($($A,)+) = args;
                self($($A),+)
            }
        }
    };
}

star!(A);
star!(A B);
star!(A B C);
star!(A B C D);
star!(A B C D E);
star!(A B C D E F);
star!(A B C D E F G);
star!(A B C D E F G H);
star!(A B C D E F G H I);
star!(A B C D E F G H I J);
star!(A B C D E F G H I J K);
star!(A B C D E F G H I J K L);

/// A function of several arguments, as [`Work`].
pub(crate) struct Starred<F, Args>(PhantomData<fn(F, Args)>);

impl<F, Args> Work for Starred<F, Args>
where
    F: StarFn<Args>,
    F::Output: Serialize + 'static,
    Args: DeserializeOwned + 'static,
{
    type Input = Args;
    type Output = F::Output;

    fn run(input: Args) -> F::Output {
        const { assert_no_captures::<F>() };
        conjure::<F>().call_with(input)
    }
}
