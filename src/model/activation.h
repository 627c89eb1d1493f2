// The functions between a layer's two products.
#pragma once

#include <string_view>

namespace uie::model {

enum class Activation { gelu, relu, tanh };  // gelu: the exact one, with erf

std::string_view to_string(Activation activation);

}  // namespace uie::model
