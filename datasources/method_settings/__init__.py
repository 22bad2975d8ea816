"""Parts of the editor of a REST method: from controls to a body and back."""
