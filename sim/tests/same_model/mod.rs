//! The model of the interleavings for another checker: the same states, acts and property. The benchmark
//! takes it from here.

use seatrial_sim::interleave::{Act, Nodes, State, System};
use stateright::{Model, Property};

/// The same model for stateright.
pub(crate) struct Same(pub(crate) Nodes);

impl Model for Same {
    type State = State;
    type Action = Act;

    fn init_states(&self) -> Vec<State> {
        vec![System::start(&self.0)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Act>) {
        actions.extend(self.0.acts(state));
    }

    fn next_state(&self, state: &State, act: Act) -> Option<State> {
        Some(self.0.after(state.clone(), &act))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("files agree", |model: &Self, state| {
            model.0.wrong(state).is_none()
        })]
    }
}
